# Pages that lie beside each other.

tabs-account = Account
tabs-queue = Queue
tabs-models = Models
tabs-storage = Storage
tabs-admin = Admin
