# What every page has
site-skip = Skip to the content
site-nav = Main
site-new = New
site-transcripts = Transcripts
site-rooms = Rooms
site-settings = Settings
site-log-in = Log in
site-status = Status
site-about = About Reflector
site-appearance = Appearance
site-theme-auto = Automatic
site-theme-light = Light
site-theme-dark = Dark
site-language = Language
site-all-transcripts = All transcripts
site-start = To the start

# Parts that pages are made of
site-pages = Pages
site-previous = Previous
site-next = Next
site-page = Page { $page } of { $pages }
