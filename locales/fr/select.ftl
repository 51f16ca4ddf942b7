# What can be done with selected words.

select-title = Mots sélectionnés
select-play = Écouter
select-repeat = Répéter
select-copy = Copier avec l’heure
select-quote = Citer par un lien
select-who = Qui dit ces mots
select-by-hand = Le navigateur n’autorise pas cette page à copier. Le texte est sélectionné : copiez-le avec Ctrl+C, ⌘C ou le menu du navigateur.
select-enter = Entrée attribue les mots à cette voix.
