# Lines of the audit log: somebody, what they did, what with.

deeds-view = looked at
deeds-play = listened to
deeds-export = took away
deeds-edit = changed
deeds-process = ran again
deeds-share = shared
deeds-delete = moved to the trash
deeds-restore = restored
deeds-destroy = deleted for good
deeds-expire = let expire
deeds-it = it
deeds-transcript = a transcript
deeds-room = a room
deeds-titled = “{ $title }”
deeds-by-key = with an API key
