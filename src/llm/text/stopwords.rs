//! Words that say little about what a meeting is about: function words and the fillers of spoken language, by language.
//!
//! Lower case, straight apostrophes, in both spellings where people speak one and write another.

/// The list of a language by its two-letter code.
pub fn list(code: &str) -> Option<&'static str> {
    Some(match code {
        "en" => EN,
        "de" => DE,
        "fr" => FR,
        "es" => ES,
        "it" => IT,
        "pt" => PT,
        "nl" => NL,
        "ru" => RU,
        "pl" => PL,
        "sv" | "da" | "no" | "nb" | "nn" => SCANDINAVIAN,
        "zh" | "yue" => ZH,
        "ja" => JA,
        _ => return None,
    })
}

const EN: &str = "a about above across actually after again against ago ah all almost already alright also although always am \
among an and another any anybody anyone anything anyway anyways are aren't around as ask asked at away back basically be because \
been before being below besides best better between big bit both but by bye call called came can can't cannot come comes coming \
could couldn't course did didn't different do does doesn't doing don't done down during each eh either else em enough er etc even \
ever every everybody everyone everything exactly far feel few fine first for from further gave get gets getting give given gives \
go goes going gone gonna good got gotta great guess guys had hadn't hand happen happened happens hardly has hasn't have haven't \
having he he'd he'll he's hello her here here's hers herself hey hi him himself his hm hmm how how's however huh i i'd i'll i'm i've \
if in indeed instead into is isn't it it'd it'll it's its itself just keep kept kind knew know known knows last later least left \
less let let's like liked likely little long look looked looking looks lot lots made make makes making many may maybe me mean means \
meant might mine mm mmhm moment more most mostly much must mustn't my myself name near nearly need needed needs neither never new \
next nice no nobody none nor not nothing now nowhere of off oh ok okay old on once one ones only onto or other others otherwise ought \
our ours ourselves out over own part people perhaps place please point pretty probably put quite rather really right said same saw \
say saying says second see seeing seem seemed seems seen several shall she she'd she'll she's should shouldn't show shown since so \
some somebody somehow someone something sometimes somewhere soon sorry sort start started still stuff such sure take taken takes \
taking talk talking tell tends than thank thanks that that'd that'll that's the their theirs them themselves then there there'd \
there's therefore these they they'd they'll they're they've thing things think thinking third this those though thought three \
through thus till time times to today together told tomorrow tonight too took toward towards true try trying turn two uh uh-huh um \
under until up upon us use used using usually very via wait wanna want wanted wants was wasn't way ways we we'd we'll we're we've \
well went were weren't what what'll what's whatever when when's whenever where where's wherever whether which while who who'd \
who'll who's whoever whole whom whose why will with within without won't word words would wouldn't wow yeah year years yep yes \
yesterday yet you you'd you'll you're you've your yours yourself yourselves zero four five six seven eight nine ten y'all ain't \
gentlemen ladies lets dont thats hes shes theyre youre whats theres";

const DE: &str = "ab aber ach acht äh ähm alle allem allen aller alles als also am an andere anderem anderen anderer anderes anders \
auch auf aus bei beide beiden beim bereits besser bestimmt bin bis bisher bisschen bist bitte bloß brauchen braucht da dabei dadurch \
dafür dagegen daher dahin damals damit danach danke dann daran darauf daraus darf darfst darin darüber darum das dass davon davor dazu \
dein deine deinem deinen deiner dem den denen denn dennoch der deren des deshalb dessen dich die dies diese dieselbe diesem diesen \
dieser dieses dir doch dort drei du durch dürfen eben echt eher eigentlich ein einander eine einem einen einer eines einfach einige \
einigen einmal eins einverstanden er erst erste ersten es etwa etwas euch euer eure eurem euren fast finde finden findet frage fünf \
für gab ganz ganze ganzen gar geben gegen gehe gehen geht gemacht genau genug gerade gern gerne gesagt gestern gewesen gewisse gibt \
ging glaub glaube gleich gut gute guten guter gutes hab habe haben habt hallo halt hast hat hatte hatten hätte hätten heute hier hin \
hinter hm ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im immer in indem irgendwie irgendwas ins ist ja jede jedem jeden jeder \
jedes jemand jetzt jo kann kannst kein keine keinem keinen keiner klar kleine kommen kommt können könnte könnten lassen lässt leute \
liegt mach mache machen macht mal man manche manchmal mehr mein meine meinem meinen meiner meint mich mir mit möchte möchten mögen muss \
müssen müsste na nach nachdem nachher nächste nächsten naja natürlich ne neben nee nehmen nein neun nicht nichts nie niemand nix noch \
nochmal nun nur ob oben obwohl oder oft oh ohne okay ok paar quasi richtig sache sachen sage sagen sagt schade schaff schauen schon \
sechs sehen sehr sei seid sein seine seinem seinen seiner seit selber selbst sich sicher sie sieben sieht sind so sodass sogar solche \
solchen soll sollen sollte sollten sondern sonst sowas sowie später stimmt super tja tun tut über überhaupt übrigens um und uns unser \
unsere unserem unseren unserer unter usw viel viele vielen vielleicht vier vom von vor vorher wahrscheinlich wann war waren wäre wären \
warte warum was weg wegen weil weiß weiter weitere welche welchem welchen welcher wenig weniger wenn wer werde werden weshalb wie wieder \
wieso will willst wir wird wirklich wirst wissen wo wobei woher wohl wollen wollte wollten worden wurde wurden würde würden zehn zeit \
ziemlich zu zuerst zum zur zurück zusammen zwar zwei zwischen morgen tag jahr jahre";

const FR: &str = "à ah ai aie ainsi alors après assez au aucun aucune aujourd'hui auprès aura aussi autre autres aux avait avant avec \
avez avoir avons ayant bah beaucoup ben bien bon bonjour bonne bref c ça car ce ceci cela celle celles celui cent cependant certain \
certaine certaines certains ces cet cette ceux chaque chez chose choses cinq comme comment contre coup d d'accord dans de dedans dehors \
déjà demain depuis dernier dernière derrière des dès deux devant devrait dire dis disait dit dites dix doit doivent donc donner dont du \
elle elles en encore enfin ensemble ensuite entre es est et étaient était étais été être eu euh eux évidemment exactement faire fais \
fait faisait faites falloir faudrait faut fois font genre grand grande gros hein hier huit ici il ils j jamais je jour juste l la là \
laquelle le lequel les lesquels leur leurs lieu loin lors lorsque lui m ma madame mais maintenant mal me même mêmes merci mes met mettre \
mieux mille moi moins mon monsieur n ne neuf ni non nos notre nous nouveau nouvelle on ont onze ou où ouais oui par parce pareil parfois \
parler parmi part partie pas passer pendant personne petit petite peu peut peuvent peux plus plusieurs plutôt point pour pourquoi \
pourrait pouvez pouvoir premier première prendre près presque puis puisque qu quand quatre que quel quelle quelles quelqu'un quelque \
quelques quels qui quoi rien s sa sais sait sans savez savoir se sept sera serait ses seul seulement si six soi soit sommes son \
sont sorte souvent suis sur surtout t ta tant te tel telle tellement temps tes toi ton toujours tous tout toute toutes très trois trop \
trouver trouve truc tu un une va vais vas venir vers veulent veut veux vient voici voilà voir vois voit vont vos votre voudrais vous \
vraiment vu y an ans année années effet";

const ES: &str = "a acá además adiós ah ahí ahora al algo alguien algún alguna algunas alguno algunos allá allí ambos ante antes aquel \
aquella aquello aquí así aún aunque ayer bajo bastante bien bueno buena buenas buenos cada casi claro como cómo con contra cosa cosas \
creo cual cuál cuales cualquier cuando cuándo cuanto cuatro da dar de debe deben debería decía decir del demás desde después dice dicen \
dicho dijo donde dónde dos durante e eh el él ella ellas ello ellos en encima entonces entre era eran eres es esa esas ese eso esos esta \
está están estamos estaba estaban estar estas este esto estos estoy etcétera favor fin fue fueron fui gente gracias gran grande ha haber \
había habían hace hacen hacer hacia hago han hasta hay haya he hecho hemos hola hoy igual incluso ir jamás junto la lado largo las le \
les lo luego los lugar mal manera mañana más me mejor menos mi mí mientras mío mis misma mismo mismos modo momento mucha muchas mucho \
muchos muy nada nadie necesito ni ningún ninguna no nos nosotros nuestra nuestras nuestro nuestros nueva nuevo nunca o ojalá os otra \
otras otro otros para parece parte pero persona personas poco pocos poder podemos podría ponen poner por porque posible primer primera \
primero pronto pues puede pueden puedo que qué queda quería quien quién quiere quieren quiero sabe saben sabemos saber se sé sea según \
ser será sería si sí sido siempre siento sigue sin sino sobre sois solamente solo sólo somos son soy su sus tal también tampoco tan tanto \
te temas tendría tenemos tener tengo tenía ti tiempo tiene tienen toda todas todavía todo todos tres tu tú tus tuvo un una unas uno unos \
usted ustedes va vale vamos van varias varios ve veces ver verdad vez viene visto voy y ya yo año años día días o sea digamos";

const IT: &str = "a abbastanza abbia abbiamo adesso ah ai al alcune alcuni alla alle allo allora altra altre altri altro anche ancora \
andare anno anni appena appunto attraverso avanti avere aveva avevamo avevano avete bella bello bene beh buon buona buongiorno c c'è casa \
caso certo che chi ci ciao cinque ciò cioè circa come comunque con così cosa cose credo cui d da dai dal dalla dalle dare davanti davvero \
degli dei del dell dell' della delle dello dentro detto deve devo di dice dicendo dietro dire dirò diverse diversi domani dopo dove dovrebbe \
due dunque durante e è ecco ed era erano essere fa facciamo faccio fare fatto fino forse fra fuori gente già gli giorno giù grande grazie ha \
hai hanno ho i ieri il in infatti insieme insomma invece io l la là lasciare le lei li lì lo loro lui ma magari mai male me meglio meno \
mentre mi mia mie miei mila mio modo molta molte molti molto momento n ne né nei nel nell nella nelle nessuno niente no noi nome non nostra \
nostre nostri nostro nove nulla nuova nuovo o oggi ogni ok okay oltre oppure ora otto parte per perché però persona persone piano più poco \
poi posso possiamo possono prego prima primo proprio può pure qua qual quale quali qualche qualcosa qualcuno quando quanto quasi quattro \
quella quelle quelli quello questa queste questi questo qui quindi s sa sai sarà sarebbe se sé sei sembra sempre senza sera sette si sì \
sia siamo siete solo sono sopra soprattutto sotto sta stanno stare stata state stati stato stesso sto su sua subito sue sugli sui sul \
sulla sulle suo suoi t tale tanto te tempo ti tra tre troppo tu tua tue tuo tutta tutte tutti tutto un un' una uno va vabbè vado vai \
vedere vengono verso vi via viene voglio voi volta volte vostro vuoi vuol vuole";

const PT: &str = "a à acho agora ah aí ainda além algo alguém algum alguma algumas alguns ali ano anos antes ao aos apenas aquela aquele \
aquilo aqui as às assim até bem boa bom cada cá casa caso certo cinco claro coisa coisas com como contra cuja da dá daí dar das de dela \
dele deles demais depois desde dessa desse desta deste deve dia dias disse dita diz dizer do dois dos duas durante e é eh ela elas ele \
eles em embora então entre era eram essa essas esse esses esta está estamos estão estar estas estava estavam este estes estou etc eu exemplo \
faço falar faz fazer fazendo feito fez ficar foi fomos for foram forma fosse fui gente grande há haver hoje ia igual ir isso isto já jeito \
lá lado lhe lhes lo logo lugar mais mal mas me meio melhor menos mesma mesmo meu meus mim minha minhas muita muitas muito muitos na nada \
não nas nem nenhum nenhuma nessa nesse nesta neste ninguém no nós nos nossa nossas nosso nossos nova novo num numa nunca o obrigado oi ok \
olá onde ontem os ou outra outras outro outros para parece parte pela pelas pelo pelos pessoa pessoas pode podem poder podemos pois por \
porque pouco pra pras pro precisa primeira primeiro próprio pronto quais qual qualquer quando quanto quase quatro que quê quem quer quero \
sabe saber são se sei seja sem sempre sendo ser será seria seu seus si sido sim só sob sobre somos sou sua suas tá tal também tanto tão \
te tem têm temos tempo tenho ter teve tinha tipo toda todas todo todos três tu tua tudo um uma umas uns vai vamos vão vem ver vez vezes \
você vocês vou amanhã né aliás enfim";

const NL: &str = "aan achter af al alle alleen allemaal alles als altijd ander andere anders beetje ben bent best beter bij bijna \
binnen boven bovendien buiten dacht daar daarna daarom dag dan dank dat de denk denken deze die dit doe doen doet door drie dus een één \
eens eerst eerste eh eigenlijk elk elke en enige er erg ergens even ga gaan gaat gang gedaan geen gegaan gehad gemaakt genoeg geven \
geweest gewoon gezegd ging goed goede graag had hadden hallo heb hebben hebt heeft heel helemaal hem hen her het hier hij hoe hoeveel \
hoor houden hun iedereen iemand iets ik in inderdaad is ja jaar jaren je jij jou jouw jullie kan kijk kijken klopt kom komen komt kon konden \
krijgen kun kunnen kunt laat laten later leuk maak maakt maar maken man me meer mee meest men mensen met mij mijn minder misschien \
moest moet moeten mogen morgen na naar naast natuurlijk nee neem nemen net niemand niet niets nieuwe nodig nog nooit nou nu of ok oké om \
omdat onder ongeveer ons onze ook op over paar precies prima samen snel soms soort staan staat steeds straks stuk te tegen ten ter terug \
terwijl tijd toch toe toen tot tussen twee uh uit uur van vanaf vandaag vanuit veel verder vier vind vinden vindt vijf volgende volgens \
voor vooral vraag waar waarom wanneer want waren was wat we weer weet weg weinig wel welke werd werden weten wie wij wil willen worden \
wordt zal ze zeg zeggen zegt zei zeker zelf zes zich zie zien ziet zij zijn zin zit zo zoals zoveel zou zouden zullen";

const RU: &str = "а ага без более больше будем будет будете будут бы был была были было быть в вам вами вас ваш ваша вдруг ведь весь во вообще \
вот все всегда всего всей всем всех всё всю вы где говорит говорить говорю да давай давайте даже два дело день для до долго должен должна \
должны другая другие других другое другой его ее её ей если есть еще ещё ж же за завтра зачем здесь здравствуйте знаете знаешь знаю и из \
или им именно иметь их к каждый как какая какие какой какое когда конечно короче кто куда ладно ли либо лучше люди людей м меня менее мне \
много мной мог могу могут может можем можно мой моя мы на наверное над надо нам нами нас наш наша наши не него нее неё ней некоторые нельзя \
нет нету ни никогда ним них ничего но ну нужно о об один одна одно однако около он она они оно опять от ответ очень первый перед по под \
пока понимаю понятно после потом потому почему почти при про просто пусть раз разве с сам сама сами самый свое свой своих себе себя сегодня \
сейчас сказал сказать скажем сколько слишком со совсем спасибо так такая также такие такое такой там твой те тебе тебя тем теперь то тогда \
того тоже той только том тот три ту туда тут ты у уж уже хорошо хотел хотите хотя хочу чего чем через что чтоб чтобы чуть эта эти этим этих \
это этого этой этом этот эту э эм я год года время значит типа";

const PL: &str = "a aby ach ale albo ani aż bardziej bardzo bez bo bowiem by być był była było były będą będzie będziemy cały chce chcę \
chyba ci ciebie co coś cześć czego czy czyli dla do dobra dobre dobry dobrze dlaczego dlatego dopiero dość drugi dwa dziękuję dziś dzisiaj \
gdy gdyby gdzie go i ich ile im inne inny ja jak jaka jakie jaki jakiś jako jakby jeden jedna jednak jedno jego jej jemu jest jestem \
jesteśmy jeszcze jeśli jeżeli już każdy kiedy kilka kto która które którego której który których którzy ku lat lub ma mają mam mamy mi między \
mnie mną mogą moja może można mówi mówić mój musi my myślę na nad nam nami nas nasz nasze natomiast nawet nic nich nie niego niej niektóre \
nigdy nim no o obok od ok okej on ona one oni ono oraz pan pani po pod poza ponieważ potem powiedzieć powinien prawda proszę przed przede \
przez przy raczej raz razem rok roku rzecz rzeczy sam są się skąd sobie swoje ta tak taka takie taki także tam te tego tej ten teraz też to \
tobie trochę trzeba tu tutaj tych tylko tym u w we wiec więc wiem wie widzę wszystkie wszystko wszyscy wtedy właśnie z za zawsze ze że żeby \
znowu znaczy jutro wczoraj";

const SCANDINAVIAN: &str = "alla alle allt alt altså alltså altid alltid andra andre annen annan annat at att av bara bare behöver bli bliver \
blir blev bra båda både da de deg dem den denna denne der dere deres det detta dette dig din dina disse dit där du dä efter eftersom egentlig \
egentligen ej eller en enda er ert et ett eh fan fick fikk finns for fordi fra fram från få får fått för före först første gange ganska genom \
gick gjort gjør gjorde god gode går gör göra göre ha hade hadde haft ham han hans har havde hej hei helt hen henne hennes her hit hjem hon hos hun \
hur hva hvad hvem hver hvilken hvis hvor hvordan hvorfor här ikke ikkje ikring in inn innan inne inte ja jag jeg jo jätte kan kanske kanskje kom \
komma komme kommer kunde kunne litt lite lidt lille liksom man mange mannen mange med meg meget mellan mellem mellom men mene mer mere mest mig min mine \
mit mitt mot mycket må måske måste måtte mye nej nei ned ner noe nogen noget noen nok nu nå någon något några när når och också og også okay okej om op \
opp oss over på riktig sa sade sagde samma samme se seg selv ser sen sedan si sier sig siger sin sina sine sit sitt själv skal ska skall skulle slik slags \
som står så ta tack takk tak tar till til ting tror to tre trenger två tænker tycker tydlig um under upp ur ut uten utan va vad var vara vart ved vel vem \
veldig vem vet vi vid vil vill ville vores vår våra väldigt väl vært være är åt över øh idag imorgon i morgen igen";

const ZH: &str = "的 了 是 我 你 您 他 她 它 们 在 不 有 这 那 就 也 都 和 与 及 或 吗 呢 啊 吧 呀 哦 嗯 哎 个 一 二 三 上 下 里 到 说 要 会 去 来 对 很 还 \
没 把 被 给 让 跟 从 为 以 之 其 而 但 所 因 如 果 可 能 得 地 着 过 么 什 怎 样 些 哪 谁 几 多 少 好 看 想 做 又 再 只 才 比 更 最 请 谢 第 些 於 這 個 們 嗎 說 \
會 來 對 還 沒 給 讓 從 為 與 麼 樣 誰 幾";

const JA: &str =
    "事 物 方 人 何 私 僕 今 時 為 様 者 中 上 下 前 後 言 思 見 行 来 出 入 一 二 三 的 等 コト モノ";
