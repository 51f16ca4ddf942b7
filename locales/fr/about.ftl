# Ce que c’est, et sur quoi cela repose
about-title = À propos
about-heading = À propos de Reflector
about-lead = Reflector { $version } transforme des enregistrements en transcriptions sur cette machine : des mots horodatés, des intervenants nommés, des sujets, et des résumés qui renvoient au son. C’est un logiciel libre, sous licence MIT.
about-lead-plain = Reflector transforme des enregistrements en transcriptions sur cette machine : des mots horodatés, des intervenants nommés, des sujets, et des résumés qui renvoient au son. C’est un logiciel libre, sous licence MIT.
about-trust = <a href="/trust">Le certificat de ce site</a>, pour les appareils dont le navigateur affiche un avertissement
about-api = <a href="/docs">Ce que l’API prend et rend</a>, en anglais
about-docs-title = Ce que l’API prend et rend
about-docs-lead = Pour les programmes qui ajoutent des enregistrements et lisent des transcriptions, en anglais. Le tout, pour en faire des clients, est sur <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).
about-design = Les éléments dont ces pages sont faites
about-models = Modèles
about-models-none = Aucun n’est installé ici.
about-llm-licence = sous sa propre licence : les réglages le nomment
about-stands = Ce sur quoi il repose
about-ffmpeg = ffmpeg, comme programme séparé
about-ffmpeg-licence = LGPL-2.1 ou GPL-2.0, selon sa construction
about-postgresql = PostgreSQL, comme serveur séparé
about-postgresql-licence = Licence PostgreSQL
about-redis = Redis, comme serveur séparé
about-untold = Un stockage d’objets (Garage, par exemple) et le proxy devant ces pages (Caddy) ne donnent pas leur version.
about-crates = { $count } bibliothèques Rust (crates)
