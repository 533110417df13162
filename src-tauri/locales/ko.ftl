# 트레이와 알림.
request-title = { $visitor } 님이 기다립니다
invitation-title = { $name } 님이 { $visitor } 님의 채팅에 초대했습니다
waiting = { $count ->
    [0] 기다리는 요청이 없습니다
   *[other] 요청 { $count }개가 기다립니다
}
offline = Bellhop이 오프라인 상태입니다
serve = 응답
serve-next = 다음 요청에 응답
open = Bellhop 열기
availability = 상태
online = 온라인
away = 자리 비움
invisible = 오프라인으로 표시
quit = Bellhop 종료
