## Words of the whole window
close = Close
dismiss = Dismiss
back = Back
try-again = Try again
discard = Discard
you = You
no-value = Not known

## The left bar
nav-label = Pages
nav-home = Home
nav-visitors = Visitors
nav-history = History
nav-settings = Settings

## The agent and her availability
me-menu = Your availability: { $availability }
availability-online = Online
availability-away = Away
availability-invisible = Invisible
availability-online-hint = You are offered new requests
availability-away-hint = Colleagues see that you are away; you can still serve
availability-invisible-hint = Nobody sees that you are here; you can still serve

## The connection, in four words
connection-label = Connection
connection-offline = Offline
connection-connecting = Connecting
connection-catching-up = Catching up
connection-online = Online
stale-as-of = as of { $time }
stale-never = nothing received yet
stale-retry-in = next try in { $seconds } s
connect-now = Connect now
link-unreachable = the service does not answer
link-silent = the service stopped answering
link-closed = the service closed the connection
link-bad-frame = the service sent something that cannot be read
link-other-workspace = this address belongs to another workspace ({ $found })
link-rejected-bad-token = the service does not accept this sign-in
link-rejected-protocol = the service speaks protocol { $speaks }, this program speaks { $asked }
link-rejected-too-slow = this program read too slowly
link-rejected-stopping = the service is stopping
link-rejected-storage = the service cannot store anything now
link-rejected-other = the service refused the connection

## The request button
serve-n =
    { $n ->
        [one] Serve { $n } request
       *[other] Serve { $n } requests
    }
serve-none = No requests
serve-none-offline = Requests show once connected
serve-offline = Can be served once connected
serve-offline-short = Once connected
serve-longest = Longest wait { $wait }
serve-busy = Serving…

## The lists
lists-label = Chats and visitors
list-incoming = Incoming chats
list-served = My chats
list-active = Active visitors
list-incoming-empty = Nobody is waiting.
list-served-empty = Chats you serve appear here.
list-active-empty = Nobody is on the site.
list-all-visitors = Show all { $n } visitors
row-typing = typing…
row-came-back = came back
row-ended = ended
row-unread =
    { $n ->
        [one] { $n } new message
       *[other] { $n } new messages
    }

## The tabs
tabs-label = Open chats
tab-close = End the chat with { $visitor }

## The chat window
chat-label = Chat with { $visitor }
chat-details-show = Show visitor details
chat-details-hide = Hide visitor details
chat-back = Back to the lists
chat-here = on the site
chat-gone = left the site
transcript-label = Conversation with { $visitor }
new-below =
    { $n ->
        [one] { $n } new message
       *[other] { $n } new messages
    }
line-joined = { $name } joined the chat
line-joined-you = You joined the chat
line-left = { $name } left the chat
line-left-you = You left the chat
line-ended-visitor = { $visitor } ended the chat
line-ended-agent = { $name } ended the chat
line-ended-agent-you = You ended the chat
line-ended-timeout = { $visitor } went away; the chat ended
line-continued = { $name } continued the chat
line-continued-you = You continued the chat
line-came-back = { $visitor } came back and waits again
line-tagged = Tags: { $tags }
line-untagged = All tags removed
line-for-department = For the department { $department }
line-transferred = { $name } transferred the chat to { $to }
line-transferred-you = You transferred the chat to { $to }
line-invited = { $name } invited { $invited }
line-invited-you = { $name } invited you
line-invited-by-you = You invited { $invited }
handover-note = Note from { $name }
line-assigned-you = The chat was assigned to you
line-assigned = The chat was assigned to { $name }
line-unassigned = Nobody could be asked to take the chat; it waits in the queue
line-unassigned-missed = Everybody who is there was asked and did not take the chat; anybody may serve it now
line-offered = Answers to click: { $options }
line-rating-requested = { $name } asked for a rating
line-rating-requested-you = You asked for a rating
line-rated-good = { $visitor } rated the chat as good
line-rated-bad = { $visitor } rated the chat as bad
line-rated-none = { $visitor } took the rating back
line-file-deleted = The file { $name } was deleted
file-sent = Sent a file: { $name } ({ $size })
line-released = More colleagues may serve the chat now
line-released-not-taken = { $name } did not take the chat; it waits in the queue
line-released-agent-gone = { $name } is not there; the chat waits in the queue
line-released-department = Nobody in the department can serve the chat; it waits for everybody
automatic = Automatic message
visitor-typing = { $visitor } is typing
message-queued = Waits for the connection
message-sending = Sending
message-failed = Not sent: { $reason }.
transcript-empty = Nothing has been said yet.

## Looking at a request
peek-title = You are looking at a request
peek-note = { $visitor } does not see that you look. Your first reply serves the chat.
peek-serve = Serve
taken-title = { $by } is serving this chat now
taken-title-unknown = This request is no longer waiting
taken-note = Your text was not sent. It stays here until you close this view.
taken-note-empty = Nothing you wrote was sent.
peek-sending = Serving the chat; your reply follows…

## When the visitor ended the chat
visitor-ended-title = { $visitor } ended the chat
visitor-ended-timeout = { $visitor } went away and did not come back
visitor-ended-note = Continue it, or end it with the X beside the name at the bottom right.
continue-chat = Continue chat

## The text box
composer-label = Reply to { $visitor }
composer-placeholder = Write a reply
composer-placeholder-peek = Write a reply to serve this chat
composer-placeholder-ended = The chat has ended
composer-hint-send = to send
composer-hint-break = for a new line
composer-left =
    { $n ->
        [one] { $n } character left
       *[other] { $n } characters left
    }
composer-over =
    { $n ->
        [one] { $n } character too many
       *[other] { $n } characters too many
    }

## The visitor
details-label = Visitor details
details-page = Page
details-referrer = Came from
details-referrer-none = Came directly
details-browser = Browser
details-platform = System
details-language = Language
details-arrived = Arrived
details-on-site = On the site for { $time }
details-requested = Asked
details-tags = Chat tags
details-tags-none = None yet

## Ending a chat
end-title = End the chat?
end-note-gone = { $visitor } has ended it already. Their next message begins a new chat.
end-note = { $visitor } can still write again; the chat then comes back to the queue.
end-add-tags = Add chat tags
end-attach-tags = Attach tags
end-confirm = End chat
end-cancel = Cancel
end-tags-label = Chat tags
end-tags-hint = Enter adds a tag. Letters, digits, - and _, no blanks.
end-tag-remove = Remove the tag { $tag }

## How long a visitor has been on the site

stay-short = <1 min
stay-minutes = { $m } min
stay-hours = { $h } h { $m } min

## Visitors page
visitors-title = Visitors
visitors-incoming = Incoming chats
visitors-active = Active visitors
visitors-col-visitor = Visitor
visitors-col-page = Page
visitors-col-time = On the site
visitors-col-wait = Waits
visitors-col-browser = Browser
visitors-col-from = Came from
visitors-col-status = Chat
visitors-direct = Direct
visitors-status-waiting = Waiting
visitors-status-mine = With you
visitors-status-none = –
visitors-incoming-empty = Nobody is waiting. A request appears here and at the bottom left the moment a visitor asks.
visitors-active-empty = Nobody is on the site now. Visitors appear here as they open a page that carries the widget.
visitors-stale = Shown once connected.

## History page
history-title = History
history-empty-title = No ended chats yet
history-empty = A chat appears here when it ends, with its tags. It can be read without a connection.
history-choose = Choose a chat to read it.
history-more = Show older chats
history-failed-title = The history could not be read
history-chat-missing = This chat is no longer in the history.
history-messages =
    { $n ->
        [one] { $n } message
       *[other] { $n } messages
    }
history-missed = Missed
history-ended-visitor = Ended by the visitor
history-ended-agent = Ended by an agent
history-ended-timeout = Visitor went away
history-agents = with { $names }
history-nobody = nobody answered
history-transcript = Conversation with { $visitor }, read-only

## Settings page
settings-title = Settings
settings-personal = Personal
settings-requests = New requests
settings-notify = Show a notification
settings-notify-hint = Of the operating system, with the visitor’s name and first words
settings-sound = Play a sound
settings-sound-hint = Once for each new request
settings-window = This window
settings-language = Language
settings-theme = Theme
settings-system = System
settings-language-korean = 한국어
settings-language-english = English
settings-theme-light = Light
settings-theme-dark = Dark
settings-saved-note = Changes take effect at once and stay after a restart. The request at the bottom left is always shown.
settings-who = Signed in as { $name }
settings-workspace = Workspace { $name }
settings-embedded = It runs inside this program, on this machine only.
settings-remote = It runs on your team’s service.

## Home page
home-ready-title = Ready for your first chat
home-ready = { $workspace } is open. Ask a question as a visitor would and answer it here.
home-site = Demonstration shop
home-open-site = Open the shop
home-step-1 = Open the shop and press the chat button at its corner.
home-step-2 = Ask something. A notification appears, and a button at the bottom left of this window.
home-step-3 = Press the button to serve the request, and answer.
home-idle-title = Nobody is waiting
home-idle = A request appears at the bottom left the moment a visitor asks.
home-waiting-title =
    { $n ->
        [one] { $n } person is waiting
       *[other] { $n } people are waiting
    }
home-waiting = Serve the one who waits longest, or look at a request without being seen.
home-open-title = Choose a chat
home-open = Your chats are on the left and at the bottom right.
home-key-serve = Serve the next request
home-key-tabs = Go to a chat
home-key-back = One step back

## Before the dashboard
starting = Opening Bellhop…
passphrase-choose-title = Choose a passphrase
passphrase-choose = This machine has no key store. A passphrase keeps the chats in this program’s files unreadable to others. It cannot be recovered.
passphrase-title = Enter your passphrase
passphrase-enter = The chats on this machine are encrypted with it.
passphrase-label = Passphrase
passphrase-repeat = Repeat it
passphrase-short = At least { $n } characters.
passphrase-differ = The two are not the same.
passphrase-wrong = This passphrase does not open the files. Nothing was changed.
passphrase-failed = The passphrase could not be used: { $reason }
passphrase-start = Encrypt and start
passphrase-unlock = Unlock
stuck-title = Bellhop cannot go on
stuck-nothing-lost = Nothing that is stored was changed.
stuck-what = What happened
stuck-do = What to do
stuck-file = File
stuck-detail = Detail
stuck-cache-newer = The local cache was made by a newer version of Bellhop (format { $found }; this version knows { $known }).
stuck-cache-newer-do = Install the newer version, or move the file away to begin with an empty cache; the service still has the chats.
stuck-key-missing = The key store has no key that opens the files on this machine.
stuck-key-missing-do = Unlock the key store of your system and start Bellhop again. If the key is gone, move the file away; the service still has the chats.
stuck-key-store = The key store of your system does not answer.
stuck-key-store-do = Unlock or restart the key store, then start Bellhop again.
stuck-data-directory = The folder for Bellhop’s files cannot be used.
stuck-data-directory-do = Check that the folder exists, that you may write to it and that the disk is not full.
stuck-in-use = Another Bellhop uses this folder and does not answer.
stuck-in-use-do = End the other Bellhop (it may hang without a window), then start Bellhop again.
stuck-service = The chat service inside Bellhop does not start.
stuck-service-do = See the detail below; if another program uses the address, end it and start Bellhop again.
stuck-window = This window cannot reach the program behind it.
stuck-window-do = Close the window and start Bellhop again.

## Notices
notices-label = Notices
notice-refused-serve = The request could not be served: { $reason }.
notice-refused-say = A message was not sent: { $reason }.
notice-refused-tags = The tags were not set: { $reason }.
notice-refused-end = The chat could not be ended: { $reason }.
notice-refused-continue = The chat could not be continued: { $reason }.
notice-refused-availability = Your availability was not changed: { $reason }.
notice-refused-transfer = The chat was not transferred: { $reason }.
notice-refused-invite = Nobody was invited: { $reason }.
notice-refused-leave = You are still in the chat: { $reason }.
notice-refused-other = It was not done: { $reason }.
notice-failed-settings = The settings were not saved: { $reason }.
notice-failed-message = The message could not be changed: { $reason }.
notice-failed-link = The address could not be opened: { $reason }.
notice-resynced = The view did not agree with the service and was made anew.
notice-no-notifications = Notifications of the operating system cannot be shown.
notice-no-sound = The bell for new requests cannot be rung on this machine.
notice-no-tray = There is no tray on this desktop; closing the window ends Bellhop.
notice-cache-set-aside = The local cache was damaged. It was put aside and a fresh one begun; chats are fetched again from the service.
notice-cache-unwritable = The local cache cannot be written. What happens now is shown but not kept.
notice-second-start = Bellhop is already running; this is its window.
notice-newer-service = The service is newer than this program and tells of things it cannot show. Please update Bellhop.

## Why something was not done
reason-nobody-waiting = nobody is waiting any more
reason-already-served = { $by } is already serving this chat
reason-no-such-chat = the chat no longer exists
reason-not-in-chat = you are not in this chat
reason-chat-ended = the chat has ended
reason-chat-not-ended = the chat has not ended
reason-text-empty = the message is empty
reason-text-too-long = it has { $chars } characters; { $limit } are allowed
reason-tag-empty = a tag is empty
reason-tag-too-long = a tag has more than { $limit } characters
reason-tag-blank = the tag “{ $tag }” contains a blank
reason-tag-special = the tag “{ $tag }” contains a character that is neither a letter, a digit, - nor _
reason-too-many-tags = { $count } tags are too many; { $limit } are allowed
reason-other-department = the chat is for the department { $department }
reason-held-for-another = the chat waits for { $name } alone
reason-not-assigned = requests are assigned here, and this one is not assigned to you
reason-at-limit = you have as many chats as you get ({ $limit })
reason-limit-not-yours = agents do not choose their limit of chats here
reason-limit-too-high = at most { $most } chats are possible
reason-excluded = you transferred this chat to your own department
reason-no-such-department = there is no such department
reason-department-disabled = the department { $department } is disabled
reason-department-empty = nobody in the department { $department } may serve this chat
reason-nobody-else-online = { $department } is your own department, and nobody else is online in it
reason-not-alone = { $name } is in this chat too
reason-no-such-agent = there is no such agent
reason-agent-not-there = { $name } is not there
reason-already-in-chat = { $name } is in this chat already
reason-to-oneself = a chat cannot be handed to oneself
reason-last-in-chat = nobody else is in this chat
reason-outside-hours = it is outside operating hours: you are invisible until the next opening
reason-no-such-shortcut = there is no shortcut “{ $name }”
reason-shortcut-name-taken = there is another shortcut “{ $name }”
reason-tag-unknown = the tag “{ $tag }” is not in the account’s list
reason-rating-disabled = chat rating is switched off
reason-field-invalid = something in it is not right
reason-chat-full = this chat is as long as a chat may be; end it and begin another
reason-limit-reached = more than { $limit } are not allowed
reason-not-permitted = your role does not allow it ({ $permission })
reason-no-such-visitor = there is no such visitor
reason-visitor-not-here = the visitor is not on the site
reason-visitor-in-chat = the visitor is in a chat already
reason-team-chat = the team chat does not allow it
reason-no-address = there is no address to ban
reason-too-fast = too much at once; try again in a moment
reason-unknown-command = this service does not know how
reason-storage = the service cannot store anything now
reason-unknown = the service gives a reason that this version does not know
reason-not-ready = the program is not ready yet
reason-offline = there is no connection
reason-not-stored = it could not be stored ({ $detail })
reason-broken = the program did not answer ({ $detail })
