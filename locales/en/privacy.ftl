# What is kept here, who may read it, and what leaves the machine
privacy-title = Privacy
privacy-lead = What happens here to recordings and transcripts, as this installation is set up now.
privacy-who = Who may read
privacy-own = A recording belongs to whoever adds it. A new one is private: nobody else sees it, hears it or finds it, administrators included. Its owner may open it to everybody who has an account here.
privacy-own-public = A recording belongs to whoever adds it. A new one is private: nobody else sees it, hears it or finds it, administrators included. Its owner may open it to everybody who has an account here, or to everybody on the web.
privacy-public = What is added without an account belongs to nobody, and everybody can read it.
privacy-open = Nobody logs in here: whoever reaches this site may read, hear, change and delete everything.
privacy-guests = Nobody logs in here. What is added belongs to nobody: everybody can read and hear it, and nobody can change or delete it here. Whoever runs this site can.
privacy-kept = What is kept, and for how long
privacy-kept-all = Sound, text, names, summaries
privacy-until = Until they are deleted.
privacy-ownerless = What nobody owns is deleted by itself after { $days ->
    [one] a day
   *[other] { $days } days
}.
privacy-kept-trash = What is in the trash
privacy-days = { $days ->
    [one] A day
   *[other] { $days } days
}.
privacy-trash-stays = Until somebody removes it for ever.
privacy-kept-audit = Who looked at, heard, changed, sent or deleted what
privacy-for-ever = For ever.
privacy-cookies = Cookies
privacy-cookies-login = One, which says who is logged in; none to follow anybody.
privacy-cookies-none = None.
privacy-leaves = What leaves this machine
privacy-leaves-nothing = Nothing by itself. Speech is written down, told apart and summed up on this machine.
privacy-sent-words = It is sent the sound, to write down what is said.
privacy-sent-speakers = It is sent the sound, to tell who speaks.
privacy-sent-text = It is sent the text, for topics, titles and summaries.
privacy-sent-sound = It is sent sound, to keep it.
privacy-send-both = Somebody who may read a transcript can send it by e-mail or to Zulip, and a room can do so by itself. The transcript's page says what was sent, and to whom.
privacy-send-email = Somebody who may read a transcript can send it by e-mail, and a room can do so by itself. The transcript's page says what was sent, and to whom.
privacy-send-zulip = Somebody who may read a transcript can send it to Zulip, and a room can do so by itself. The transcript's page says what was sent, and to whom.
privacy-no-others = Pages load nothing from other sites.
