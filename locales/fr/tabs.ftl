# Pages that lie beside each other.

tabs-account = Compte
tabs-queue = File d’attente
tabs-models = Modèles
tabs-storage = Stockage
tabs-admin = Administration
