# Finding and replacing in the text.

find-open = Rechercher
find-region = Dans ce texte
find-text = Rechercher dans le texte
find-before = Le précédent
find-after = Le suivant
find-close = Fermer
find-whole-words = Mots entiers uniquement
find-case = Respecter les majuscules
find-replace-with = Remplacer par
find-replace-one = Remplacer
find-replace-all = Tout remplacer
