# What was understood: the summary, decisions and next steps.

gist-summary = Résumé
gist-longer = Le résumé détaillé
gist-listen = Écouter à
gist-decisions = Décisions
gist-next-steps = Prochaines étapes
gist-edited = Modifié à la main
gist-extractive = Résumé par extraction
gist-by-model = Résumé par { $model }
