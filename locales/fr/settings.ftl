# Votre compte : navigateurs, clés, mot de passe
settings-title = Réglages
settings-made = Votre nouvelle clé
settings-made-text = Copiez-la maintenant : elle ne sera plus affichée. Les scripts l’envoient dans l’en-tête <code>X-API-Key</code>.
settings-account = Compte
settings-your-account = Votre compte
settings-administrator = Administrateur
settings-log-out = Se déconnecter
settings-sessions = Où vous êtes connecté
settings-sessions-end = Déconnecter tous les autres
settings-this = Ce navigateur
settings-used = utilisé le <time datetime="{ $iso }">{ $date }</time>
settings-log-out-one = Déconnecter { $browser }, { $address }
settings-keys = Clés d’API
settings-keys-none = Aucune. Un script qui envoie une clé agit en votre nom.
settings-key-over = Expirée
settings-key-until = jusqu’au <time datetime="{ $iso }">{ $date }</time>
settings-key-unused = jamais utilisée
settings-key-revoke = Révoquer
settings-key-revoke-one = Révoquer { $name }
settings-key-name = Nom
settings-key-scope = Permet
settings-key-both = La lecture et l’écriture
settings-key-read = La lecture
settings-key-write = L’écriture
settings-key-ends = Expire
settings-key-month = dans 30 jours
settings-key-year = dans un an
settings-key-never = jamais
settings-key-make = Créer une clé
settings-password = Mot de passe
settings-password-current = Mot de passe actuel
settings-password-new = Nouveau, { $least } caractères au moins
settings-password-change = Changer le mot de passe
settings-scope-both = lit et écrit
settings-scope-write = écrit seulement
settings-scope-read = lit seulement
settings-scope-none = ne permet rien
settings-key-unnamed = Clé sans nom
settings-browser = { $program } sur { $system }
settings-browser-other = Un autre programme
settings-done-session = Ce navigateur est déconnecté.
settings-done-sessions = Tous les autres navigateurs sont déconnectés.
settings-done-key = La clé est révoquée.
settings-done-password = Le mot de passe est changé, et tous les autres navigateurs sont déconnectés.
settings-wrong-password = Le mot de passe actuel est erroné.

# Pages voisines
settings-tab-account = Compte
settings-tab-queue = File d’attente
settings-tab-models = Modèles
settings-tab-storage = Stockage
settings-tab-admin = Administration
