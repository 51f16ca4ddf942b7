# La page d’enregistrement
record-resume = Poursuivre l’enregistrement « { $title } »
record-resume-kept = { $time } min sont conservées. Ce que vous enregistrez maintenant vient à la suite.
record-title = Enregistrer
record-lead = Votre microphone et, si vous le souhaitez, le son d’un onglet ou de tout l’ordinateur. Le son est envoyé toutes les deux secondes, et gardé dans ce navigateur jusqu’à ce que tout soit arrivé.
record-no-script = <strong>L’enregistrement nécessite JavaScript.</strong> Sans lui, vous pouvez enregistrer avec un autre programme et <a href="/">envoyer le fichier</a>.
record-sources = Ce qui est enregistré
record-microphone = Microphone
record-microphone-usual = Microphone par défaut
record-microphone-hint = Le navigateur énumère vos microphones dès qu’il peut en utiliser un : testez-le, ou commencez.
record-system = Également le son d’un onglet ou de l’ordinateur
record-system-hint = Le navigateur demande lequel : choisissez un onglet et activez « partager l’audio de l’onglet ». Le son de tout l’ordinateur est disponible sous Windows et ChromeOS, et sous macOS à partir de la version 14.2. Utilisez un casque plutôt que des haut-parleurs : sinon, tout s’entend deux fois.
record-level = Niveau
record-try = Tester le microphone
record-consent = Toutes les personnes que l’on entend doivent savoir qu’elles sont enregistrées, et être d’accord.
record-go-on = Poursuivre l’enregistrement
record-start = Commencer l’enregistrement
record-running = L’enregistrement
record-doing = Enregistrement en cours
record-elapsed = Durée enregistrée
record-system-level = Onglet ou ordinateur
record-stop = Terminer et transcrire
record-pause = Pause
record-share = Ajouter le son d’un onglet
record-discard = Supprimer
record-consent-open = Toutes les personnes que l’on entend doivent savoir qu’elles sont enregistrées, et être d’accord. Laissez cette page ouverte pendant l’enregistrement.
record-sending = Envoi du reste
record-sent = Envoyé
record-save = Sauvegarder sur cet appareil
record-ended = Rien n’étant arrivé de cette page pendant six heures, le serveur a terminé l’enregistrement tel quel : <a href="/" target="_blank">sa transcription</a>. Ce que vous enregistrez maintenant en est un nouveau.
record-over = Rien n’étant arrivé de cette page pendant six heures, le serveur a terminé l’enregistrement tel quel. Ce qui a été enregistré depuis est conservé dans ce navigateur : terminez, puis sauvegardez-le sur cet appareil.
