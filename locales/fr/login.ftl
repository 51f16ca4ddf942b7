# Connexion, déconnexion et premier compte
login-first = Personne ne peut encore se connecter. Exécutez <code>reflector admin setup-code</code> sur cette machine, puis <a href="/setup">créez le premier compte</a>.
login-with = Se connecter avec { $provider }
login-programs = Seuls des programmes se connectent ici, avec des jetons de { $provider }. Pour que des personnes le puissent, les réglages doivent indiquer <code>auth.issuer</code> et <code>auth.client_id</code>.
login-title = Se connecter
login-out = Vous êtes déconnecté.
login-email = Adresse e-mail
login-password = Mot de passe
login-wrong = Adresse e-mail ou mot de passe incorrect.
login-too-many = Trop de tentatives. Réessayez dans { $minutes ->
    [one] une minute
   *[other] { $minutes } minutes
}.
login-setup = Premier compte
login-setup-lead = La personne qui détient le code d’installation administre cette installation. <code>reflector admin setup-code</code> l’affiche sur la machine ; il est valable une heure, et une seule fois.
login-setup-code = Code d’installation
login-setup-password = Mot de passe, { $least } caractères au moins
login-setup-make = Créer le compte
login-setup-wrong = Ce code est erroné, déjà utilisé ou vieux de plus d’une heure. `reflector admin setup-code` en affiche un nouveau.
login-setup-taken = Un compte existe déjà avec cette adresse ; prenez-en une autre. Le code reste valable.
login-left = Déconnexion
login-left-text = Vous êtes déconnecté ici. { $provider } va maintenant en être averti.
login-left-on = Se déconnecter de { $provider }

# Ce que répond un fournisseur d’identité
login-begin-again = Cette connexion n’a pas été commencée dans ce navigateur, est déjà faite, ou a duré plus de dix minutes. Veuillez recommencer.
login-shut-out = Votre compte est bloqué ici. La personne qui administre cette installation peut le débloquer.
login-provider-denied = { $provider } ne vous a pas laissé entrer, ou vous y avez refusé.
login-provider-first = { $provider } vous demande de vous y connecter d’abord.
login-provider-request = { $provider } n’accepte pas la demande de cette application ; `reflector doctor` en dit plus.
login-provider-later = { $provider } ne peut pas répondre pour le moment ; réessayez dans un instant.
login-provider-refused = { $provider } a refusé la connexion.
login-provider-token = La connexion a été refusée ; voici la raison, en anglais : { $why }.
login-provider-away = { $provider } est injoignable pour le moment. Réessayez dans un instant ; `reflector doctor` dit pourquoi.
login-provider-odd = { $provider } ne répond pas comme il le devrait. `reflector doctor` dit pourquoi.
login-provider-ended = { $provider } indique que cette connexion a déjà servi ou a expiré. Veuillez recommencer.
