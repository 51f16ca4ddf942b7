# A quote, for whoever has its link.

quote-title = Une citation
quote-no-words = Ses mots ne sont pas disponibles pour le moment.
quote-no-sound = Le son n’est plus conservé.
quote-span = de { $from } à { $to }
quote-until = Ce lien fonctionne jusqu’au <time datetime="{ $iso }">{ $date }</time>, sauf s’il est retiré avant.
quote-gone = Cette citation n’existe plus
quote-gone-why = Son lien a expiré, a été retiré ou est incomplet. La personne qui vous l’a envoyé peut en créer un nouveau.
