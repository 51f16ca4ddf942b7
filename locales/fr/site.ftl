# Ce que toutes les pages ont
site-skip = Aller au contenu
site-nav = Navigation principale
site-new = Nouveau
site-transcripts = Transcriptions
site-rooms = Salles
site-settings = Réglages
site-log-in = Se connecter
site-status = État
site-about = À propos de Reflector
site-appearance = Apparence
site-theme-auto = Automatique
site-theme-light = Clair
site-theme-dark = Sombre
site-language = Langue
site-all-transcripts = Toutes les transcriptions
site-start = Vers l’accueil

# Éléments communs
site-pages = Pages
site-previous = Précédente
site-next = Suivante
site-page = Page { $page } sur { $pages }
