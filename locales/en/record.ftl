# The page that records
record-resume = Go on recording “{ $title }”
record-resume-kept = { $time } min are kept. What you record now follows them.
record-title = Record
record-lead = Your microphone, and, where you like, the sound of a tab or of the whole computer. It is sent every two seconds, and kept in this browser until all of it has arrived.
record-no-script = <strong>Recording needs JavaScript.</strong> Without it you can record with another program and <a href="/">upload the file</a>.
record-sources = What is recorded
record-microphone = Microphone
record-microphone-usual = Default microphone
record-microphone-hint = The browser lists your microphones once it may use one: try it, or start.
record-system = Also the sound of a tab or of the computer
record-system-hint = The browser asks which one: pick a tab and switch on “share tab audio”. The whole computer’s sound can be had on Windows and ChromeOS, and on macOS from version 14.2. With loudspeakers, use headphones instead: else everything is heard twice.
record-level = Level
record-try = Try the microphone
record-consent = Everybody who can be heard must know that they are recorded, and agree.
record-go-on = Go on recording
record-start = Start recording
record-running = The recording
record-doing = Recording
record-elapsed = Recorded so far
record-system-level = Tab or computer
record-stop = Finish and transcribe
record-pause = Pause
record-share = Add the sound of a tab
record-discard = Throw away
record-consent-open = Everybody who can be heard must know that they are recorded, and agree. Leave this page open while you record.
record-sending = Sending the rest
record-sent = Sent
record-save = Save on this device
record-ended = Nothing had come from this page for six hours, so the server finished the recording as it was: <a href="/" target="_blank">its transcript</a>. What you record now is a new one.
record-over = Nothing had come from this page for six hours, so the server finished the recording as it was. What was recorded since is kept in this browser: finish, then save it on this device.
