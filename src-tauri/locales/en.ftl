# The tray and the notifications.
request-title = { $visitor } is waiting
invitation-title = { $name } asks you into the chat with { $visitor }
waiting = { $count ->
    [0] Nobody is waiting
    [one] 1 request is waiting
   *[other] { $count } requests are waiting
}
offline = Bellhop is offline
serve = Serve
serve-next = Serve next request
open = Open Bellhop
availability = Availability
online = Online
away = Away
invisible = Invisible
quit = Quit Bellhop
