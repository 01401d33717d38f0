/** The frame: header, session, connection, notices. */
export const app = {
  skip: '본문으로 건너뛰기',
  broken: '이 화면을 그리지 못했습니다',
  unknown: '없는 화면입니다',
  loading: '불러오는 중',
  close: '닫기',
  cancel: '취소',
  live: '실시간',
  liveTip: '1초마다 갱신됩니다',
  disconnected: '연결이 끊겼습니다 · 다시 연결 중',
  shownAge: (age: string) => `아래는 ${age} 전 값입니다`,
  retry: '지금 다시 연결',
  language: 'English',
  languageTip: 'Show in English',
  toDark: '어두운 화면으로',
  toLight: '밝은 화면으로',
  role: { viewer: '조회자', operator: '운영자', admin: '관리자' },
  signOut: (name: string, role: string) => `${name} · ${role} · 누르면 로그아웃`,
};

export const nav = {
  label: '주 메뉴',
  overview: '개요',
  service: '서비스',
  function: '업무',
  tmap: 'T-Map',
  timeline: '타임라인',
  calls: '호출 분석',
  apis: 'API',
  api: 'API',
  clients: '클라이언트',
  client: '클라이언트',
  links: '연계 시스템',
  link: '연계 시스템',
  jobs: '비동기 작업',
};

export const signIn = {
  title: '로그인',
  token: '접속 토큰',
  hint: '처음 시작할 때 naru up이 출력한 토큰, 또는 관리자에게 받은 토큰을 넣으십시오',
  enter: '들어가기',
  refused: '이 토큰은 받아들여지지 않았습니다. 관리자에게 새 토큰을 요청하십시오',
  unreachable: 'naru 서버에 연결할 수 없습니다',
};

export const time = {
  seconds: (n: number) => `${n}초`,
  minutes: (n: number) => `${n}분`,
  hours: (n: number) => `${n}시간`,
  days: (n: number) => `${n}일`,
  range: '기간',
  ranges: {
    '5m': '5분',
    '15m': '15분',
    '1h': '1시간',
    '6h': '6시간',
    '24h': '24시간',
    '7d': '7일',
  } as Record<string, string>,
};

export const notices = {
  title: '알림',
  open: (n: number) => `알림 ${n}건 보기`,
  none: '아직 알림이 없습니다',
  dismiss: '알림 닫기',
  undo: '실행 취소',
  by: (actor: string) => `${actor}`,
  started: (id: string) => `${id} 시작됨`,
  ready: (id: string) => `${id} 준비됨`,
  exited: (id: string) => `${id} 종료됨`,
  unhealthy: (id: string) => `${id} 응답하지 않음`,
  replaced: (id: string) => `${id} 교체됨`,
  removed: (id: string) => `${id} 제거됨`,
  because: (reason: string) => `${reason} 때문에`,
};
