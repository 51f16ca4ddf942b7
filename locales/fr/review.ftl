# Going through the words that the machine was not sure of.

review-title = Mots douteux
review-close = Fermer
review-what = Ce qui est dit
review-right = Correct
review-fix = Corriger ici
review-fix-all = Corriger tous les mêmes
review-play = Réécouter
review-later = Plus tard
review-again = Recommencer
# Before the choice of how doubtful they must be.
review-below = Demander pour
review-below-most = les plus douteux uniquement
review-below-doubtful = les mots douteux
review-below-slightly = aussi les mots un peu douteux
review-undo = Annuler
review-keys = <kbd>Entrée</kbd> confirme ou corrige ; avec <kbd>Maj</kbd>, tous les mêmes ; <kbd>Alt</kbd> <kbd>←</kbd> réécoute, <kbd>→</kbd> remet à plus tard
