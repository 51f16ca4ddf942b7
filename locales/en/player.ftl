# The player.

player-title = Player
player-trouble = The audio can't be played right now. “Play” tries again.
player-back = Back 10 seconds
player-play = Play
player-forward = Forward 10 seconds
player-position = Position
player-topics = Topics
player-speed = Speed
player-follow = Follow
player-loop-end = Stop repeating
