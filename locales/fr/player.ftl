# The player.

player-title = Lecteur
player-trouble = Le son ne peut pas être lu pour le moment. « Lire » essaie de nouveau.
player-back = Reculer de 10 secondes
player-play = Lire
player-forward = Avancer de 10 secondes
player-position = Position de lecture
player-topics = Sujets
player-speed = Vitesse
player-follow = Suivre
player-loop-end = Arrêter la répétition
