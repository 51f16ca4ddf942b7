"""What the synthesiser says: a meeting about a library's new building, one sentence a line, no digits."""

MEETING = """\
Good morning everybody, thank you for coming at such short notice.
We have three things to talk about today, and I hope that we can finish before lunch.
The first is the new reading room, which should have opened last Monday.
The carpenters found damp behind the northern wall, so the shelves could not be put up.
How long will it take until the wall is dry again?
They told me that two more weeks are needed, and perhaps a third if it keeps raining.
In the meantime the children can use the small hall on the ground floor.
That is a good idea, but somebody has to move the piano out of there first.
I will ask the music school whether they want to borrow it until summer.
The second thing is money, as always.
Our costs have grown by a tenth since spring, mostly because heating became more expensive.
The town pays a part of it, yet we still have to find the rest ourselves.
Could we sell some of the older furniture, or give a concert in the evening?
A concert brings people into the house, and last year it paid for all of the lamps.
Then let us plan one for the end of October, and keep the tickets cheap.
Who would like to write to the orchestra?
I know their conductor from school, so I can call her this afternoon.
The third question is about opening hours, because many readers have asked for Sunday.
On Sunday the cleaning company does not work, and we would have to lock the upper floor.
I would rather try it for one month and count the visitors than argue about it for a year.
Counting is easy, since the door already has a sensor.
Please remember that the people at the desk want to know their hours well in advance.
Of course, nobody should learn about it from the newspaper.
Before we stop, there is one more point that somebody left on my table.
The printer on the second floor makes a strange noise, and its paper tray is broken.
A repair costs nearly as much as a new machine, but the new one would be smaller.
Let us buy the smaller one, and put the old one into the cellar for spare parts.
Does anyone disagree with that, or may I write it down as decided?
Nobody disagrees, so it is decided, and the order goes out tomorrow.
Thank you all, we will meet again in the first week of next month.
""".splitlines()
