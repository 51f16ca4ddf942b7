# Who may read a transcript.

share-title = Share
share-saved = Saved. It holds from now on, also for those who have the link already.
share-now-private = It is private again: nobody else can read it from now on.
share-undo = Undo
share-link = Link
share-link-label = Link to this transcript
share-copy = Copy
share-link-hint = It opens for those who may read the transcript. To lead to a moment, open it there and add <code>?t=</code> and the seconds.
share-access = Who can read it now
share-make-private = Make it private
share-visibility = Visibility
share-who = Who may read it
share-save = Save
share-private = Private
share-private-means = Only you. Administrators can't read it either, and in a room it stays yours alone.
share-semi-private = Semi-private
share-semi-private-means = Everybody who is logged in here and has the link. In a room, those who see the room find it there.
share-public = Public
share-public-means = Everybody who reaches this site and has the link, without a login. It is listed for visitors, too.
share-public-closed = Everybody who has the link. This site asks everybody to log in, so for now it goes no further than the choice above.
share-room = Room
share-room-none = None
share-move = Move
share-can-anybody = Whoever reaches this site: nobody logs in here.
share-can-nobodys-public = Whoever reaches this site: it belongs to nobody.
share-can-nobodys = Everybody who is logged in: it belongs to nobody.
share-can-administrators = Administrators may change and delete it.
share-can-owner = { $owner }, who owns it, and scripts with a key of theirs.
share-can-unknown-owner = Its owner
share-can-visitors = Whoever reaches this site, without a login.
share-can-link = Everybody who is logged in here and has the link.
share-can-room-private = In the room “{ $room }” only its owner finds it.
share-can-room = Those who see the room “{ $room }” find it there, and the room's webhook is told of it.
share-deeds = Who did what with it
share-deeds-none = Nothing is noted yet. Whoever looks at it, changes it or downloads it stands here.
