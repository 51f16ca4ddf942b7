# Keyboard shortcuts.

keys-title = Raccourcis clavier
keys-close = Fermer
keys-space = Espace
keys-play = Lecture, pause
keys-five = Reculer, avancer de 5 secondes
keys-ten = Reculer, avancer de 10 secondes
keys-paragraph = Paragraphe précédent, suivant
keys-topic = Sujet précédent, suivant
keys-speed = Moins vite, plus vite
keys-repeat = Répéter la sélection ou ce paragraphe ; à nouveau : arrêter
keys-selected = Aller aux actions sur les mots sélectionnés
keys-quote = Citer les mots sélectionnés par un lien
keys-back = Revenir à ce qui est lu
keys-edit = Modifier le texte ; terminer
keys-doubtful = Passer en revue les mots douteux
keys-notes = Écrire des notes
keys-find = Rechercher dans le texte
keys-list = Cette liste
keys-hint = Dans le texte (on y accède avec <kbd>Tab</kbd>) : <kbd>←</kbd> <kbd>→</kbd> choisissent un mot, <kbd>↑</kbd> <kbd>↓</kbd> un paragraphe, <kbd>Entrée</kbd> lance la lecture à cet endroit, <kbd>Maj</kbd> <kbd>←</kbd> <kbd>→</kbd> sélectionnent des mots. Sur la forme d’onde : <kbd>←</kbd> <kbd>→</kbd> 5 secondes, <kbd>Page ↑</kbd> <kbd>Page ↓</kbd> une demi-minute, <kbd>Début</kbd> <kbd>Fin</kbd>.
keys-use = Utiliser ces raccourcis
