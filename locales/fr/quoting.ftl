# Making links to a few seconds of a transcript, listing them, taking them back.

quoting-title = Citer par un lien
quoting-hint = Toute personne ayant le lien lit ces mots, entend ces secondes et n’a aucun accès au reste. Aucune connexion n’est demandée.
quoting-life = Valable pendant
quoting-day = Un jour
quoting-week = Une semaine
quoting-month = Un mois
quoting-year = Un an
quoting-make = Créer le lien
quoting-cancel = Annuler
quoting-link = Lien
# A script fills in the time.
quoting-until = Il fonctionne jusqu’au <time data-quote-until></time>. Il n’est affiché qu’une fois : copiez-le maintenant.
quoting-copy = Copier
quoting-take-back = Retirer
quoting-done = Terminé
quoting-all = Liens vers des passages de cette transcription
quoting-links = Liens vers des passages
quoting-links-hint = Un tel lien montre les mots de quelques secondes et les fait entendre à quiconque le possède, sans connexion : rien d’autre de l’enregistrement. Sur <a href="/transcripts/{ $id }">la page de la transcription</a>, sélectionnez des mots et choisissez « Citer par un lien » ; ou indiquez ici le début et la fin.
quoting-made = Le lien est créé. Il n’est affiché qu’une fois : copiez-le maintenant.
quoting-new-link = Le nouveau lien
quoting-quoted = « { $text } »
quoting-span = de { $from } à { $to }
quoting-from = De
quoting-to = À
quoting-none = Il n’y en a aucun. Créez-en un ici en donnant ses temps, ou sur la page de la transcription à partir de mots sélectionnés.
quoting-silent = Rien n’est dit à cet endroit.
quoting-made-at = créé le <time datetime="{ $iso }">{ $date }</time>
quoting-works-until = valable jusqu’au <time datetime="{ $iso }">{ $date }</time>
quoting-take-back-link = Retirer le lien de { $from } à { $to }
quoting-taken-back = Le lien est retiré : il ne montre plus rien.
# A field of the form, and what is wrong with it, as the API says it.
quoting-wrong = « { $field } » : { $why }
