//! Words that mark decisions and next steps, by language. Conservative: a language that is not here gives no items.
//!
//! All in the normal form of [`crate::llm::text::normalize`]; a cue of several words matches words that follow each other.

pub struct Cues {
    /// Say that something was decided.
    pub decided: &'static [&'static str],
    /// The speaker takes it on.
    pub promise: &'static [&'static str],
    /// Someone has to do it; follows "we" or nothing.
    pub duty: &'static [&'static str],
    /// Follows a name: "Anna will".
    pub will: &'static [&'static str],
    /// Said to the one addressed.
    pub request: &'static [&'static str],
    /// What is done in next steps; one must be in the sentence.
    pub deeds: &'static [&'static str],
    /// Start of a date: the deadline runs from here for up to three words.
    pub deadline: &'static [&'static str],
    /// What a deadline must contain, apart from a number.
    pub dates: &'static [&'static str],
    /// Take back what the cue says.
    pub not: &'static [&'static str],
}

pub fn of(code: &str) -> Option<&'static Cues> {
    match code {
        "en" => Some(&EN),
        "de" => Some(&DE),
        "fr" => Some(&FR),
        "es" => Some(&ES),
        _ => None,
    }
}

#[rustfmt::skip]
const EN: Cues = Cues {
    decided: &[
        "we decided", "we've decided", "we have decided", "we agreed", "we've agreed", "we have agreed",
        "it's decided", "the decision is", "decision is to", "let's go with", "we'll go with",
        "we will go with", "we're going with", "we settled on", "it was decided", "it was agreed",
        "we are agreed",
    ],
    promise: &[
        "i will", "i'll", "i'm going to", "i am going to", "i can take", "i need to", "i have to", "i must",
    ],
    duty: &[
        "we need to", "we have to", "we must", "we should", "let's", "we will", "we'll", "we are going to",
        "we're going to", "someone needs to", "someone has to", "action item", "next step is", "to do is",
    ],
    will: &[
        "will", "needs to", "has to", "must", "is going to", "should",
    ],
    request: &[
        "can you", "could you", "will you", "please", "you need to", "you should", "i need you to",
    ],
    deeds: &[
        "add", "announce", "arrange", "ask", "assign", "bring", "build", "buy", "call", "change", "check",
        "clean", "collect", "compare", "contact", "coordinate", "create", "deliver", "deploy", "design",
        "discuss", "document", "draft", "email", "file", "finalize", "finish", "fix", "follow", "gather",
        "hire", "implement", "inform", "install", "investigate", "invite", "launch", "measure", "merge",
        "move", "notify", "open", "order", "organise", "organize", "pay", "plan", "post", "prepare", "present",
        "propose", "publish", "release", "remove", "rename", "repair", "replace", "report", "research",
        "review", "rewrite", "run", "schedule", "send", "share", "ship", "sign", "submit", "summarize",
        "switch", "test", "train", "translate", "update", "upgrade", "upload", "verify", "write",
    ],
    deadline: &[
        "by", "before", "until", "on", "tomorrow", "tonight", "today", "next", "this", "end of",
    ],
    dates: &[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tomorrow", "tonight",
        "today", "week", "month", "quarter", "year", "january", "february", "march", "april", "june", "july",
        "august", "september", "october", "november", "december", "noon", "morning", "afternoon", "evening",
        "weekend",
    ],
    not: &[
        "not", "don't", "won't", "never", "can't", "shouldn't", "if", "would", "wouldn't",
    ],
};

#[rustfmt::skip]
const DE: Cues = Cues {
    decided: &[
        "wir haben beschlossen", "haben wir beschlossen", "wir haben entschieden", "haben wir entschieden",
        "wir haben uns entschieden", "wir haben vereinbart", "wir einigen uns", "wir haben uns geeinigt",
        "die entscheidung ist", "es wurde beschlossen", "wurde vereinbart",
    ],
    promise: &[
        "ich werde", "ich kümmere mich", "ich muss", "ich übernehme", "werde ich",
    ],
    duty: &[
        "wir müssen", "wir sollten", "wir werden", "lass uns", "lasst uns", "müssen wir", "sollten wir",
        "werden wir",
    ],
    will: &[
        "wird", "muss", "soll", "sollte", "kümmert sich", "übernimmt",
    ],
    request: &[
        "kannst du", "könntest du", "bitte", "können sie", "könnten sie",
    ],
    deeds: &[
        "abgeben", "abschicken", "abstimmen", "anlegen", "anpassen", "anrufen", "aufräumen", "aufschreiben",
        "bauen", "beantworten", "beauftragen", "bereitstellen", "besorgen", "bestellen", "bezahlen",
        "dokumentieren", "einladen", "einrichten", "entwerfen", "ergänzen", "erstellen", "fertigstellen",
        "fragen", "informieren", "installieren", "kaufen", "klären", "kontaktieren", "korrigieren", "kümmern",
        "kümmere", "kümmert", "liefern", "melden", "messen", "organisieren", "planen", "präsentieren",
        "prüfen", "reparieren", "schicken", "schreiben", "senden", "teilen", "testen", "treffen",
        "überarbeiten", "übernehmen", "übernehme", "übernimmt", "übersetzen", "umsetzen", "umziehen",
        "unterschreiben", "veröffentlichen", "verschicken", "verschieben", "vorbereiten", "vorstellen",
        "zusammenfassen",
    ],
    deadline: &[
        "bis", "am", "vor", "morgen", "heute", "nächste", "nächsten", "diese", "diesen", "ende",
    ],
    dates: &[
        "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag", "morgen",
        "heute", "woche", "monat", "quartal", "jahr", "januar", "februar", "märz", "april", "mai", "juni",
        "juli", "august", "september", "oktober", "november", "dezember", "mittag", "abend", "wochenende",
        "monats", "jahres",
    ],
    not: &[
        "nicht", "nie", "kein", "keine", "wenn", "falls", "würde", "würden",
    ],
};

#[rustfmt::skip]
const FR: Cues = Cues {
    decided: &[
        "nous avons décidé", "on a décidé", "nous avons convenu", "on a convenu", "on est d'accord pour",
        "nous sommes d'accord pour", "la décision est", "il a été décidé", "c'est décidé",
    ],
    promise: &[
        "je vais", "je dois", "je m'occupe", "je me charge",
    ],
    duty: &[
        "nous devons", "on doit", "il faut", "nous allons", "on va", "il faudra",
    ],
    will: &[
        "va", "doit", "devra", "s'occupe", "se charge",
    ],
    request: &[
        "peux tu", "peux-tu", "pouvez vous", "pouvez-vous", "pourrais-tu", "pourriez-vous",
    ],
    deeds: &[
        "acheter", "ajouter", "appeler", "changer", "commander", "contacter", "corriger", "créer", "demander",
        "déplacer", "documenter", "écrire", "envoyer", "expliquer", "finaliser", "finir", "informer",
        "installer", "inviter", "livrer", "mesurer", "mettre", "occupe", "m'occupe", "s'occupe", "organiser",
        "partager", "payer", "planifier", "préparer", "présenter", "publier", "rédiger", "relire", "remplacer",
        "réparer", "réserver", "réviser", "signer", "terminer", "tester", "traduire", "vérifier", "charge",
    ],
    deadline: &[
        "avant", "d'ici", "pour", "demain", "aujourd'hui", "cette", "ce", "lundi", "mardi", "mercredi",
        "jeudi", "vendredi",
    ],
    dates: &[
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "demain", "aujourd'hui",
        "semaine", "mois", "trimestre", "année", "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre", "soir", "midi",
    ],
    not: &[
        "pas", "jamais", "si", "plus",
    ],
};

#[rustfmt::skip]
const ES: Cues = Cues {
    decided: &[
        "hemos decidido", "decidimos que", "decidimos", "hemos acordado", "acordamos", "la decisión es",
        "se decidió", "quedamos en",
    ],
    promise: &[
        "voy a", "tengo que", "debo", "yo me encargo", "me encargo",
    ],
    duty: &[
        "tenemos que", "vamos a", "hay que", "debemos", "deberíamos",
    ],
    will: &[
        "va a", "tiene que", "debe", "se encarga",
    ],
    request: &[
        "puedes", "podrías", "puede usted", "por favor",
    ],
    deeds: &[
        "actualizar", "agregar", "añadir", "arreglar", "cambiar", "comprar", "comprobar", "contactar",
        "corregir", "crear", "documentar", "encarga", "encargo", "enviar", "escribir", "firmar", "hablar",
        "informar", "instalar", "invitar", "lanzar", "llamar", "mandar", "medir", "mover", "organizar",
        "pagar", "pedir", "planificar", "preparar", "presentar", "probar", "publicar", "redactar", "reparar",
        "reservar", "revisar", "terminar", "traducir", "verificar",
    ],
    deadline: &[
        "antes", "para", "hasta", "mañana", "hoy", "esta", "este", "el",
    ],
    dates: &[
        "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo", "mañana", "hoy", "semana",
        "mes", "trimestre", "año", "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
        "septiembre", "octubre", "noviembre", "diciembre", "tarde", "noche",
    ],
    not: &[
        "no", "nunca", "si",
    ],
};
