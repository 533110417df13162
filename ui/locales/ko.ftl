## 창 전체에서 쓰는 말
close = 닫기
dismiss = 지우기
back = 뒤로
try-again = 다시 보내기
discard = 버리기
you = 나
no-value = 알 수 없음

## 왼쪽 막대
nav-label = 페이지
nav-home = 홈
nav-visitors = 방문자
nav-history = 기록
nav-settings = 설정

## 상담사와 상태
me-menu = 내 상태: { $availability }
availability-online = 온라인
availability-away = 자리 비움
availability-invisible = 숨김
availability-online-hint = 새 요청을 받습니다
availability-away-hint = 동료에게 자리 비움으로 보이며, 요청에 응답할 수 있습니다
availability-invisible-hint = 다른 사람에게 보이지 않으며, 요청에 응답할 수 있습니다

## 연결 상태
connection-label = 연결
connection-offline = 오프라인
connection-connecting = 연결 중
connection-catching-up = 따라잡는 중
connection-online = 온라인
stale-as-of = { $time } 기준
stale-never = 아직 받은 내용 없음
stale-retry-in = { $seconds }초 후 다시 시도
connect-now = 지금 연결
link-unreachable = 서비스가 응답하지 않습니다
link-silent = 서비스의 응답이 끊겼습니다
link-closed = 서비스가 연결을 닫았습니다
link-bad-frame = 서비스가 읽을 수 없는 데이터를 보냈습니다
link-other-workspace = 이 주소는 다른 워크스페이스({ $found })의 것입니다
link-rejected-bad-token = 서비스가 이 로그인을 받아들이지 않습니다
link-rejected-protocol = 서비스의 프로토콜은 { $speaks }, 이 프로그램의 프로토콜은 { $asked }입니다
link-rejected-too-slow = 이 프로그램이 너무 느리게 읽었습니다
link-rejected-stopping = 서비스가 종료되는 중입니다
link-rejected-storage = 서비스가 지금 저장할 수 없습니다
link-rejected-other = 서비스가 연결을 거부했습니다

## 요청 버튼
serve-n = { $n }개의 요청에 응답
serve-none = 요청 없음
serve-none-offline = 연결되면 요청이 표시됩니다
serve-offline = 연결되면 요청에 응답할 수 있습니다
serve-offline-short = 연결되면 응답 가능
serve-longest = 최장 대기 { $wait }
serve-busy = 응답하는 중…

## 목록
lists-label = 채팅과 방문자
list-incoming = 수신 채팅
list-served = 내 채팅
list-active = 활성 방문자
list-incoming-empty = 기다리는 방문자가 없습니다.
list-served-empty = 응답 중인 채팅이 여기에 표시됩니다.
list-active-empty = 사이트에 방문자가 없습니다.
list-all-visitors = 방문자 { $n }명 모두 보기
row-typing = 입력 중…
row-came-back = 다시 돌아옴
row-ended = 종료됨
row-unread = 새 메시지 { $n }개

## 탭
tabs-label = 열린 채팅
tab-close = { $visitor } 님과의 채팅 종료

## 채팅 창
chat-label = { $visitor } 님과의 채팅
chat-details-show = 방문자 정보 보기
chat-details-hide = 방문자 정보 숨기기
chat-back = 목록으로
chat-here = 사이트에 있음
chat-gone = 사이트를 떠남
transcript-label = { $visitor } 님과의 대화
new-below = 새 메시지 { $n }개
line-joined = { $name } 님이 채팅에 입장했습니다
line-joined-you = 채팅에 입장했습니다
line-left = { $name } 님이 채팅에서 나갔습니다
line-left-you = 채팅에서 나갔습니다
line-ended-visitor = { $visitor } 님이 채팅을 종료했습니다
line-ended-agent = { $name } 님이 채팅을 종료했습니다
line-ended-agent-you = 채팅을 종료했습니다
line-ended-timeout = { $visitor } 님이 자리를 떠나 채팅이 종료되었습니다
line-continued = { $name } 님이 채팅을 계속했습니다
line-continued-you = 채팅을 계속했습니다
line-came-back = { $visitor } 님이 돌아와 다시 기다립니다
line-tagged = 태그: { $tags }
line-untagged = 태그를 모두 삭제함
line-for-department = { $department } 부서로 들어온 문의
line-transferred = { $name } 님이 채팅을 { $to }에 연결했습니다
line-transferred-you = 채팅을 { $to }에 연결했습니다
line-invited = { $name } 님이 { $invited } 님을 초대했습니다
line-invited-you = { $name } 님이 초대했습니다
line-invited-by-you = { $invited } 님을 초대했습니다
handover-note = { $name } 님의 메모
line-assigned-you = 이 채팅이 나에게 배정되었습니다
line-assigned = 이 채팅이 { $name } 님에게 배정되었습니다
line-unassigned = 배정할 수 있는 상담사가 없어 채팅이 대기열에서 기다립니다
line-unassigned-missed = 모든 상담사가 응답하지 않아 이제 누구나 이 채팅에 응답할 수 있습니다
line-offered = 클릭할 답변: { $options }
line-rating-requested = { $name } 님이 평가를 요청했습니다
line-rating-requested-you = 평가를 요청했습니다
line-rated-good = { $visitor } 님이 채팅을 좋음으로 평가했습니다
line-rated-bad = { $visitor } 님이 채팅을 나쁨으로 평가했습니다
line-rated-none = { $visitor } 님이 평가를 취소했습니다
line-file-deleted = { $name } 파일이 삭제되었습니다
file-sent = 파일을 보냈습니다: { $name } ({ $size })
line-released = 이제 더 많은 상담사가 이 채팅에 응답할 수 있습니다
line-released-not-taken = { $name } 님이 응답하지 않아 채팅이 대기열에서 기다립니다
line-released-agent-gone = { $name } 님이 자리에 없어 채팅이 대기열에서 기다립니다
line-released-department = 부서에 응답할 수 있는 상담사가 없어 모든 상담사를 기다립니다
automatic = 자동 메시지
visitor-typing = { $visitor } 님이 입력하고 있습니다
message-queued = 연결을 기다리는 중
message-sending = 보내는 중
message-failed = 보내지 못했습니다: { $reason }.
transcript-empty = 아직 대화가 없습니다.

## 요청 살펴보기
peek-title = 요청을 살펴보는 중
peek-note = { $visitor } 님은 보고 있다는 것을 알 수 없습니다. 답장을 보내면 채팅에 응답하게 됩니다.
peek-serve = 응답
taken-title = { $by } 님이 이 채팅에 응답하고 있습니다
taken-title-unknown = 더 이상 기다리지 않는 요청입니다
taken-note = 입력한 내용은 전송되지 않았습니다. 이 화면을 닫을 때까지 남아 있습니다.
taken-note-empty = 전송된 내용은 없습니다.
peek-sending = 채팅에 응답하고 있습니다. 곧 답장을 보냅니다…

## 방문자가 채팅을 종료했을 때
visitor-ended-title = { $visitor } 님이 채팅을 종료했습니다
visitor-ended-timeout = { $visitor } 님이 자리를 떠나 돌아오지 않았습니다
visitor-ended-note = 채팅을 계속하거나, 오른쪽 아래 이름 옆의 X로 종료하세요.
continue-chat = 채팅 계속

## 입력 상자
composer-label = { $visitor } 님에게 답장
composer-placeholder = 답장을 입력하세요
composer-placeholder-peek = 답장을 입력하면 이 채팅에 응답합니다
composer-placeholder-ended = 종료된 채팅입니다
composer-hint-send = 보내기
composer-hint-break = 줄바꿈
composer-left = { $n }자 남음
composer-over = { $n }자 초과

## 방문자 정보
details-label = 방문자 정보
details-page = 페이지
details-referrer = 유입 경로
details-referrer-none = 직접 방문
details-browser = 브라우저
details-platform = 시스템
details-language = 언어
details-arrived = 방문 시각
details-on-site = 사이트에 머문 시간 { $time }
details-requested = 요청 시각
details-tags = 채팅 태그
details-tags-none = 아직 없음

## 채팅 종료
end-title = 채팅을 종료할까요?
end-note-gone = { $visitor } 님이 이미 종료했습니다. 다음 메시지는 새 채팅으로 시작됩니다.
end-note = { $visitor } 님이 다시 메시지를 보내면 채팅이 대기열로 돌아옵니다.
end-add-tags = 채팅 태그 추가
end-attach-tags = 태그 저장
end-confirm = 채팅 종료
end-cancel = 취소
end-tags-label = 채팅 태그
end-tags-hint = Enter로 태그를 추가합니다. 글자, 숫자, -, _만 쓸 수 있고 공백은 쓸 수 없습니다.
end-tag-remove = 태그 { $tag } 삭제

## 방문자가 사이트에 머문 시간

stay-short = 1분 미만
stay-minutes = { $m }분
stay-hours = { $h }시간 { $m }분

## 방문자 페이지
visitors-title = 방문자
visitors-incoming = 수신 채팅
visitors-active = 활성 방문자
visitors-col-visitor = 방문자
visitors-col-page = 페이지
visitors-col-time = 머문 시간
visitors-col-wait = 대기
visitors-col-browser = 브라우저
visitors-col-from = 유입 경로
visitors-col-status = 채팅
visitors-direct = 직접 방문
visitors-status-waiting = 대기 중
visitors-status-mine = 나와 채팅 중
visitors-status-none = –
visitors-incoming-empty = 기다리는 방문자가 없습니다. 방문자가 채팅을 시작하면 여기와 왼쪽 아래에 요청이 나타납니다.
visitors-active-empty = 지금 사이트에 방문자가 없습니다. 위젯이 있는 페이지를 열면 여기에 나타납니다.
visitors-stale = 연결되면 표시됩니다.

## 기록 페이지
history-title = 기록
history-empty-title = 아직 종료된 채팅이 없습니다
history-empty = 채팅이 종료되면 태그와 함께 여기에 나타나며, 연결 없이도 읽을 수 있습니다.
history-choose = 읽을 채팅을 선택하세요.
history-more = 이전 채팅 더 보기
history-failed-title = 기록을 읽을 수 없습니다
history-chat-missing = 기록에 더 이상 없는 채팅입니다.
history-messages = 메시지 { $n }개
history-missed = 놓침
history-ended-visitor = 방문자가 종료
history-ended-agent = 상담사가 종료
history-ended-timeout = 방문자가 떠남
history-agents = 상담사 { $names }
history-nobody = 응답한 상담사 없음
history-transcript = { $visitor } 님과의 대화, 읽기 전용

## 설정 페이지
settings-title = 설정
settings-personal = 개인용
settings-requests = 새 요청
settings-notify = 알림 표시
settings-notify-hint = 방문자의 이름과 첫 메시지를 운영 체제 알림으로 표시합니다
settings-sound = 소리 재생
settings-sound-hint = 새 요청마다 한 번 재생합니다
settings-window = 이 창
settings-language = 언어
settings-theme = 테마
settings-system = 시스템
settings-language-korean = 한국어
settings-language-english = English
settings-theme-light = 밝게
settings-theme-dark = 어둡게
settings-saved-note = 변경 내용은 바로 적용되고 다시 시작해도 유지됩니다. 왼쪽 아래의 요청은 항상 표시됩니다.
settings-who = { $name } 님으로 로그인됨
settings-workspace = 워크스페이스 { $name }
settings-embedded = 이 컴퓨터의 이 프로그램 안에서 실행됩니다.
settings-remote = 팀의 서비스에서 실행됩니다.

## 홈 페이지
home-ready-title = 첫 채팅을 시작할 준비가 되었습니다
home-ready = { $workspace } 워크스페이스가 열려 있습니다. 방문자처럼 질문하고 여기에서 답해 보세요.
home-site = 데모 상점
home-open-site = 상점 열기
home-step-1 = 상점을 열고 모서리의 채팅 버튼을 누르세요.
home-step-2 = 질문을 보내세요. 알림이 나타나고 이 창의 왼쪽 아래에 버튼이 표시됩니다.
home-step-3 = 버튼을 눌러 요청에 응답하고 답장하세요.
home-idle-title = 기다리는 방문자가 없습니다
home-idle = 방문자가 채팅을 시작하면 왼쪽 아래에 요청이 나타납니다.
home-waiting-title = { $n }명이 기다리고 있습니다
home-waiting = 가장 오래 기다린 방문자에게 응답하거나, 알리지 않고 요청을 살펴보세요.
home-open-title = 채팅을 선택하세요
home-open = 내 채팅은 왼쪽 목록과 오른쪽 아래에 있습니다.
home-key-serve = 다음 요청에 응답
home-key-tabs = 채팅으로 이동
home-key-back = 한 단계 뒤로

## 대시보드가 열리기 전
starting = Bellhop을 여는 중…
passphrase-choose-title = 암호문을 정하세요
passphrase-choose = 이 컴퓨터에는 키 저장소가 없습니다. 암호문은 이 프로그램 파일의 채팅을 다른 사람이 읽지 못하게 합니다. 복구할 수 없습니다.
passphrase-title = 암호문을 입력하세요
passphrase-enter = 이 컴퓨터의 채팅은 이 암호문으로 암호화되어 있습니다.
passphrase-label = 암호문
passphrase-repeat = 한 번 더 입력
passphrase-short = { $n }자 이상이어야 합니다.
passphrase-differ = 두 암호문이 서로 다릅니다.
passphrase-wrong = 이 암호문으로는 파일을 열 수 없습니다. 아무것도 바뀌지 않았습니다.
passphrase-failed = 암호문을 사용할 수 없습니다: { $reason }
passphrase-start = 암호화하고 시작
passphrase-unlock = 잠금 해제
stuck-title = Bellhop을 계속 실행할 수 없습니다
stuck-nothing-lost = 저장된 내용은 바뀌지 않았습니다.
stuck-what = 문제
stuck-do = 해결 방법
stuck-file = 파일
stuck-detail = 자세한 내용
stuck-cache-newer = 로컬 캐시가 더 새로운 버전의 Bellhop에서 만들어졌습니다(형식 { $found }, 이 버전은 { $known }까지).
stuck-cache-newer-do = 새 버전을 설치하거나, 파일을 옮겨 빈 캐시로 시작하세요. 채팅은 서비스에 남아 있습니다.
stuck-key-missing = 키 저장소에 이 컴퓨터의 파일을 여는 키가 없습니다.
stuck-key-missing-do = 시스템의 키 저장소를 잠금 해제하고 Bellhop을 다시 시작하세요. 키가 없어졌다면 파일을 옮기세요. 채팅은 서비스에 남아 있습니다.
stuck-key-store = 시스템의 키 저장소가 응답하지 않습니다.
stuck-key-store-do = 키 저장소를 잠금 해제하거나 다시 시작한 뒤 Bellhop을 다시 시작하세요.
stuck-data-directory = Bellhop의 파일 폴더를 사용할 수 없습니다.
stuck-data-directory-do = 폴더가 있는지, 쓸 수 있는지, 디스크에 공간이 있는지 확인하세요.
stuck-in-use = 다른 Bellhop이 이 폴더를 사용하고 있으며 응답하지 않습니다.
stuck-in-use-do = 다른 Bellhop을 종료하고(창 없이 멈춰 있을 수 있습니다) Bellhop을 다시 시작하세요.
stuck-service = Bellhop 안의 채팅 서비스가 시작되지 않습니다.
stuck-service-do = 아래의 자세한 내용을 확인하세요. 다른 프로그램이 주소를 사용 중이면 종료하고 Bellhop을 다시 시작하세요.
stuck-window = 이 창이 프로그램에 연결되지 않습니다.
stuck-window-do = 창을 닫고 Bellhop을 다시 시작하세요.

## 알림
notices-label = 알림
notice-refused-serve = 요청에 응답하지 못했습니다: { $reason }.
notice-refused-say = 메시지를 보내지 못했습니다: { $reason }.
notice-refused-tags = 태그를 저장하지 못했습니다: { $reason }.
notice-refused-end = 채팅을 종료하지 못했습니다: { $reason }.
notice-refused-continue = 채팅을 계속하지 못했습니다: { $reason }.
notice-refused-availability = 상태를 바꾸지 못했습니다: { $reason }.
notice-refused-transfer = 채팅을 연결하지 못했습니다: { $reason }.
notice-refused-invite = 초대하지 못했습니다: { $reason }.
notice-refused-leave = 채팅에서 나가지 못했습니다: { $reason }.
notice-refused-other = 처리하지 못했습니다: { $reason }.
notice-failed-settings = 설정을 저장하지 못했습니다: { $reason }.
notice-failed-message = 메시지를 바꾸지 못했습니다: { $reason }.
notice-failed-link = 주소를 열지 못했습니다: { $reason }.
notice-resynced = 화면이 서비스와 달라 새로 만들었습니다.
notice-no-notifications = 운영 체제의 알림을 표시할 수 없습니다.
notice-no-sound = 이 컴퓨터에서 새 요청 알림음을 울릴 수 없습니다.
notice-no-tray = 이 데스크톱에는 트레이가 없습니다. 창을 닫으면 Bellhop이 종료됩니다.
notice-cache-set-aside = 로컬 캐시가 손상되어 따로 보관하고 새로 시작했습니다. 채팅은 서비스에서 다시 가져옵니다.
notice-cache-unwritable = 로컬 캐시에 쓸 수 없습니다. 지금의 내용은 표시되지만 저장되지 않습니다.
notice-second-start = Bellhop이 이미 실행 중입니다. 이 창이 그 창입니다.
notice-newer-service = 서비스가 이 프로그램보다 새 버전이라 일부 내용을 표시할 수 없습니다. Bellhop을 업데이트하세요.

## 이유
reason-nobody-waiting = 기다리는 방문자가 없습니다
reason-already-served = { $by } 님이 이미 이 채팅에 응답하고 있습니다
reason-no-such-chat = 채팅이 더 이상 없습니다
reason-not-in-chat = 이 채팅에 참여하고 있지 않습니다
reason-chat-ended = 채팅이 종료되었습니다
reason-chat-not-ended = 채팅이 종료되지 않았습니다
reason-text-empty = 메시지가 비어 있습니다
reason-text-too-long = { $chars }자입니다. { $limit }자까지 보낼 수 있습니다
reason-tag-empty = 빈 태그가 있습니다
reason-tag-too-long = 태그는 { $limit }자까지 쓸 수 있습니다
reason-tag-blank = 태그 “{ $tag }”에 공백이 있습니다
reason-tag-special = 태그 “{ $tag }”에 글자, 숫자, -, _가 아닌 문자가 있습니다
reason-too-many-tags = 태그 { $count }개는 너무 많습니다. { $limit }개까지 쓸 수 있습니다
reason-other-department = { $department } 부서의 채팅입니다
reason-held-for-another = { $name } 님만을 기다리는 채팅입니다
reason-not-assigned = 이 요청은 나에게 배정되지 않았습니다
reason-at-limit = 받을 수 있는 채팅 수({ $limit }개)에 도달했습니다
reason-limit-not-yours = 상담사가 채팅 수 제한을 정할 수 없습니다
reason-limit-too-high = 채팅은 최대 { $most }개까지 받을 수 있습니다
reason-excluded = 이 채팅을 자신의 부서에 연결했습니다
reason-no-such-department = 그런 부서가 없습니다
reason-department-disabled = { $department } 부서는 사용하지 않습니다
reason-department-empty = { $department } 부서에는 이 채팅에 응답할 수 있는 상담사가 없습니다
reason-nobody-else-online = { $department }은(는) 자신의 부서이며 온라인인 다른 상담사가 없습니다
reason-not-alone = { $name } 님도 이 채팅에 참여하고 있습니다
reason-no-such-agent = 그런 상담사가 없습니다
reason-agent-not-there = { $name } 님이 자리에 없습니다
reason-already-in-chat = { $name } 님이 이미 이 채팅에 참여하고 있습니다
reason-to-oneself = 채팅을 자신에게 연결할 수 없습니다
reason-last-in-chat = 이 채팅에 다른 상담사가 없습니다
reason-outside-hours = 운영 시간이 아닙니다. 다음 운영 시간까지 숨김 상태로 유지됩니다
reason-no-such-shortcut = “{ $name }” 단축 답변이 없습니다
reason-shortcut-name-taken = “{ $name }” 이름의 단축 답변이 이미 있습니다
reason-tag-unknown = “{ $tag }” 태그는 계정의 목록에 없습니다
reason-rating-disabled = 채팅 평가가 꺼져 있습니다
reason-field-invalid = 올바르지 않은 내용이 있습니다
reason-chat-full = 채팅이 최대 길이에 이르렀습니다. 종료하고 새로 시작하세요
reason-limit-reached = { $limit }개까지만 허용됩니다
reason-not-permitted = 내 역할에는 이 권한이 없습니다({ $permission })
reason-no-such-visitor = 그런 방문자가 없습니다
reason-visitor-not-here = 방문자가 사이트에 없습니다
reason-visitor-in-chat = 방문자가 이미 채팅 중입니다
reason-team-chat = 팀 채팅에서는 할 수 없습니다
reason-no-address = 차단할 주소가 없습니다
reason-too-fast = 요청이 너무 많습니다. 잠시 후 다시 시도하세요
reason-unknown-command = 서비스가 모르는 명령입니다
reason-storage = 서비스가 지금 저장할 수 없습니다
reason-unknown = 이 버전이 모르는 이유입니다
reason-not-ready = 프로그램이 아직 준비되지 않았습니다
reason-offline = 연결이 없습니다
reason-not-stored = 저장할 수 없습니다({ $detail })
reason-broken = 프로그램이 응답하지 않습니다({ $detail })
