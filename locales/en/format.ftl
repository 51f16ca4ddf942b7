# Dates, lengths and sizes.

# { $year } and { $time } are written already, as 2026 and 14:05.
format-date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
format-date-time = { $date }, { $time }
# What stands before tenths.
format-decimal = .
format-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
format-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
format-hours = { $hours } h { $minutes } min
format-left-little = a few seconds left
format-left-seconds = about { $count } s left
format-left-minutes = about { $count } min left
format-left-hours = about { $count } h left
format-bytes = { $number } B
format-kilobytes = { $number } kB
format-megabytes = { $number } MB
format-gigabytes = { $number } GB
