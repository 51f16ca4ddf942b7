# Pour qui administre l’installation
admin-title = Administration
admin-health = État
admin-health-again = Vérifier à nouveau
admin-health-looked = Vérifié le <time datetime="{ $iso }">{ $date }</time>, comme le fait <code>reflector doctor</code> sur la machine.
admin-health-mend = Pour y remédier :
admin-numbers = Chiffres
admin-health-well = Correct
admin-health-look = À examiner
admin-health-wrong = Incorrect
admin-health-all-well = Tout ce dont cette installation a besoin fonctionne.
admin-health-warnings = { $count ->
    [one] Tout fonctionne ; { $count } point est à examiner.
   *[other] Tout fonctionne ; { $count } points sont à examiner.
}
admin-health-broken = { $count ->
    [one] { $count } point ne fonctionne pas.
   *[other] { $count } points ne fonctionnent pas.
}
admin-number-jobs = Tâches en attente ou en cours
admin-number-jobs-waiting = { $count } (la plus ancienne depuis { $time })
admin-number-jobs-none = { $count } (rien n’attend)
admin-number-failed = Étapes en échec
admin-number-backup = Dernière sauvegarde
admin-number-never = jamais
admin-number-version = Version

# Tâches en échec
admin-jobs = Tâches en échec
admin-jobs-all = Tout relancer
admin-jobs-none = Aucun échec
admin-jobs-none-text = Une étape qui échoue définitivement figure ici, avec sa raison, jusqu’à ce qu’elle soit relancée.
admin-jobs-failed = { $what } : cela n’a pas fonctionné.
admin-audit = Journal d’audit
admin-jobs-again = Relancer
admin-jobs-again-one = Relancer : « { $title } »
admin-jobs-nobody = personne
admin-jobs-of = Une transcription de { $owner }
admin-jobs-run = passage { $number }
admin-jobs-done-one = Elle est relancée.
admin-jobs-done-all = { $count ->
    [one] { $count } transcription est relancée.
   *[other] { $count } transcriptions sont relancées.
}

# Comptes
admin-users-made = Le mot de passe de { $email }
admin-users-made-text = Communiquez-le autrement que par e-mail : il ne sera plus affiché. Il se change sous Réglages.
admin-users = Comptes
admin-users-none = Personne n’a encore de compte.
admin-users-administrator = Administrateur
admin-users-out = Bloqué
admin-users-you = Vous
admin-users-since = depuis le <time datetime="{ $iso }">{ $date }</time>
admin-users-elsewhere = se connecte chez le fournisseur d’identité
admin-users-change = Modifier
admin-users-change-one = Modifier { $email }
admin-users-new-password = Nouveau mot de passe
admin-users-empty = vide : un mot de passe est créé
admin-users-set = Définir le mot de passe
admin-users-plain = Retirer les droits d’administration
admin-users-admin = Rendre administrateur
admin-users-in = Débloquer
admin-users-new = Nouveau compte
admin-users-email = Adresse e-mail
admin-users-password = Mot de passe
admin-users-make = Créer le compte
admin-users-hint = { $least } caractères au moins. Les administrateurs s’occupent de l’installation ; les transcriptions des autres leur restent fermées.
admin-users-provider = Les personnes se connectent chez le fournisseur d’identité, qui crée leurs comptes.
admin-users-no-address = (sans adresse)
admin-users-done-made = Le compte est créé.
admin-users-done-password = Le mot de passe est changé, et cette personne est déconnectée partout.
admin-users-done-admin = Cette personne administre maintenant l’installation.
admin-users-done-plain = Cette personne n’administre plus l’installation.
admin-users-done-out = Cette personne est bloquée : tous ses navigateurs, jetons et clés.
admin-users-done-in = Cette personne peut de nouveau se connecter.
admin-users-undo = Annuler
admin-users-taken = un compte existe déjà avec cette adresse
admin-users-own = personne ne peut faire cela à son propre compte : demandez à un autre administrateur

# Journal d’audit
admin-audit-who = Qui
admin-audit-who-hint = une partie de l’adresse
admin-audit-what = Quoi
admin-audit-anything = Tout
admin-audit-from = Du
admin-audit-to = Au
admin-audit-transcript = Transcription
admin-audit-transcript-hint = son identifiant, comme dans son adresse
admin-audit-search = Rechercher
admin-audit-show-all = Tout afficher
admin-audit-none = Aucune entrée
admin-audit-none-text = Ce que l’on fait des transcriptions et des salles est noté ici.
admin-audit-found = { $count ->
    [one] { $count } entrée
   *[other] { $count } entrées
}
