//! What tells of a factor in a source tree: files by their path, and lines by a pattern.

use super::Factor;
use naru_model::language::Text;

/// What kind of file a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Source of a program.
    Code,
    /// Properties, YAML, XML, JSON, TOML: what programs read.
    Settings,
    /// Shell and batch files.
    Script,
}

impl Kind {
    pub(super) fn of(path: &str) -> Option<Kind> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == "Dockerfile" || name == "Jenkinsfile" || name == "Procfile" {
            return Some(Kind::Script);
        }
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "java" | "kt" | "kts" | "groovy" | "scala" | "jsp" | "js" | "mjs" | "cjs" | "ts" | "tsx"
            | "jsx" | "py" | "go" | "rs" | "rb" | "php" | "cs" | "vb" | "aspx" | "c" | "cc" | "cpp" => {
                Some(Kind::Code)
            }
            "properties" | "yml" | "yaml" | "xml" | "json" | "toml" | "ini" | "conf" | "cfg" | "config"
            | "env" | "gradle" => Some(Kind::Settings),
            "sh" | "bash" | "bat" | "cmd" | "ps1" => Some(Kind::Script),
            _ => None,
        }
    }

    pub(super) fn is_comment(self, line: &str) -> bool {
        let line = line.trim_start();
        match self {
            Kind::Code => ["//", "/*", "* ", "*/", "--"].iter().any(|mark| line.starts_with(mark)),
            Kind::Settings => ["#", "!", "<!--", "//"].iter().any(|mark| line.starts_with(mark)),
            Kind::Script => ["#", "REM ", "rem ", "::"].iter().any(|mark| line.starts_with(mark)),
        }
    }
}

/// Tests may name addresses and write files as they like.
pub(super) fn is_test(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let folder =
        path.split('/').any(|part| matches!(part, "test" | "tests" | "__tests__" | "spec" | "testdata"));
    let name = path.rsplit('/').next().unwrap_or("");
    folder
        || name.contains("_test.")
        || name.contains(".test.")
        || name.contains(".spec.")
        || name.ends_with("test.java")
}

/// A file that tells by being there.
pub(super) struct Place {
    pub(super) factor: Factor,
    pub(super) speaks_for: bool,
    pub(super) pattern: &'static str,
    pub(super) what: Text,
}

/// A line that tells.
pub(super) struct Line {
    pub(super) factor: Factor,
    pub(super) speaks_for: bool,
    pub(super) kinds: &'static [Kind],
    pub(super) pattern: &'static str,
    /// A line with this in it is not meant.
    pub(super) but_not: Option<&'static str>,
    pub(super) what: Text,
    /// It is nothing wrong where this was found.
    pub(super) unless: Option<Text>,
}

pub(super) const REPOSITORIES: [(&str, Text); 2] = [
    (".git", Text::new("Git 저장소로 관리됨", "under Git")),
    (".svn", Text::new("Subversion으로 관리됨", "under Subversion")),
];

const ALL: &[Kind] = &[Kind::Code, Kind::Settings, Kind::Script];
const CODE: &[Kind] = &[Kind::Code];
const SETTINGS: &[Kind] = &[Kind::Settings];
const BOTH: &[Kind] = &[Kind::Code, Kind::Settings];
const SCRIPT: &[Kind] = &[Kind::Script];

const fn place(
    factor: Factor,
    speaks_for: bool,
    pattern: &'static str,
    ko: &'static str,
    en: &'static str,
) -> Place {
    Place { factor, speaks_for, pattern, what: Text::new(ko, en) }
}

const fn good(
    factor: Factor,
    kinds: &'static [Kind],
    pattern: &'static str,
    ko: &'static str,
    en: &'static str,
) -> Line {
    Line { factor, speaks_for: true, kinds, pattern, but_not: None, what: Text::new(ko, en), unless: None }
}

const fn bad(
    factor: Factor,
    kinds: &'static [Kind],
    pattern: &'static str,
    ko: &'static str,
    en: &'static str,
) -> Line {
    Line { factor, speaks_for: false, kinds, pattern, but_not: None, what: Text::new(ko, en), unless: None }
}

impl Line {
    const fn but_not(mut self, text: &'static str) -> Line {
        self.but_not = Some(text);
        self
    }

    const fn unless(mut self, what: Text) -> Line {
        self.unless = Some(what);
        self
    }
}

const SESSION_STORE: Text = Text::new("세션을 외부 저장소에 둠", "sessions in a store outside");
const SCHEDULE_LOCK: Text =
    Text::new("예약 작업이 한 인스턴스에서만 돌도록 잠금", "scheduled work is locked to one instance");

pub(super) const PLACES: &[Place] = &[
    place(
        Factor::Dependencies,
        true,
        r"(^|/)(pom\.xml|build\.gradle(\.kts)?|package\.json|requirements\.txt|pyproject\.toml|Pipfile|go\.mod|Cargo\.toml|Gemfile|composer\.json|[^/]+\.csproj)$",
        "의존 라이브러리를 선언한 파일",
        "declares its dependencies",
    ),
    place(
        Factor::Dependencies,
        false,
        r"(^|/)(WEB-INF/lib|lib|libs)/[^/]+\.(jar|dll)$",
        "선언 없이 저장소에 넣은 라이브러리",
        "a library that lies in the tree and is declared nowhere",
    ),
    place(
        Factor::BuildReleaseRun,
        true,
        r"(^|/)(\.gitlab-ci\.yml|Jenkinsfile|azure-pipelines\.yml|bitbucket-pipelines\.yml|\.drone\.yml)$|^\.github/workflows/[^/]+\.ya?ml$",
        "빌드·배포 파이프라인",
        "a pipeline builds and releases it",
    ),
    place(
        Factor::BuildReleaseRun,
        true,
        r"(^|/)(Dockerfile|Containerfile)$",
        "컨테이너 이미지로 빌드",
        "is built into a container image",
    ),
    place(
        Factor::Parity,
        true,
        r"(^|/)(docker-compose|compose)(\.[^/]+)?\.ya?ml$|(^|/)\.devcontainer/|(^|/)(Dockerfile|Containerfile)$",
        "개발과 운영이 같은 이미지·구성을 씀",
        "development can run what production runs",
    ),
    place(
        Factor::Concurrency,
        true,
        r"(^|/)Procfile$",
        "프로세스 유형 선언(Procfile)",
        "declares its process types (Procfile)",
    ),
    place(
        Factor::AdminProcesses,
        true,
        r"(^|/)db/(migration|changelog)/|(^|/)(alembic\.ini|manage\.py|flyway\.conf)$|(^|/)(migrations|prisma/migrations)/[^/]+\.(sql|py|js|ts)$",
        "저장소에 함께 둔 데이터베이스 변경 스크립트",
        "migrations of its database are part of the tree",
    ),
];

pub(super) const LINES: &[Line] = &[
    bad(
        Factor::Dependencies,
        SETTINGS,
        r"<scope>\s*system\s*</scope>|<systemPath>",
        "저장소 밖에서 받지 않는 라이브러리(system scope)",
        "a dependency that is a file on a machine (system scope)",
    ),
    bad(
        Factor::Configuration,
        BOTH,
        r"jdbc:[a-z:0-9]+:(//|@)[^\s$#{]",
        "고정된 JDBC 주소",
        "a fixed JDBC URL",
    )
    .but_not("localhost"),
    bad(
        Factor::Configuration,
        BOTH,
        r#"(?i)(password|passwd|secret|api[_-]?key|access[_-]?key)["']?\s*[=:]\s*["']?[^\s"'${}<>#()\[\],;.]{4,}["']?\s*[;,]?\s*$"#,
        "고정된 비밀번호·키 (값은 표시하지 않음)",
        "a fixed password or key (not shown)",
    ),
    bad(
        Factor::Configuration,
        SETTINGS,
        r#"(?i)(password|passwd)["']?\s*(value\s*)?=\s*["'][^"'${}#]+["']"#,
        "고정된 비밀번호·키 (값은 표시하지 않음)",
        "a fixed password or key (not shown)",
    ),
    bad(
        Factor::Configuration,
        BOTH,
        r#"https?://(\d{1,3}\.){3}\d{1,3}|["'=\s](10|172|192|203|211)\.\d{1,3}\.\d{1,3}\.\d{1,3}(:\d+)?["'\s/]?"#,
        "고정된 서버 주소",
        "a fixed address of a server",
    ),
    good(
        Factor::Configuration,
        CODE,
        r"System\.getenv\(|process\.env\b|os\.environ|os\.getenv\(|os\.Getenv\(|env::var(_os)?\(|Environment\.GetEnvironmentVariable|getenv\(",
        "환경변수에서 설정을 읽음",
        "reads configuration from the environment",
    ),
    good(
        Factor::Configuration,
        SETTINGS,
        r"\$\{[A-Z][A-Z0-9_]{2,}(:[^}]*)?\}",
        "환경변수에서 설정을 읽음",
        "reads configuration from the environment",
    ),
    bad(
        Factor::BackingServices,
        BOTH,
        r"jdbc:h2:file|jdbc:sqlite:|jdbc:derby:[^/]|jdbc:hsqldb:file",
        "한 서버의 파일로 된 데이터베이스",
        "a database that is a file of one machine",
    ),
    bad(
        Factor::BackingServices,
        CODE,
        r#"jdbc:[a-z:0-9]+:(//|@)[^\s$#{]|sqlite3\.connect\(\s*["']"#,
        "코드에 박힌 데이터베이스 연결",
        "a database is attached in code",
    ),
    good(
        Factor::BackingServices,
        ALL,
        r"java:comp/env/|\b(DATABASE_URL|REDIS_URL|AMQP_URL|MONGO(DB)?_URL)\b|url\s*[=:]\s*\$\{[A-Z]|jdbc:[a-z:]+//\$\{|@ServiceConnection",
        "설정으로 바꿔 끼울 수 있는 외부 자원",
        "attaches backing services by configuration",
    ),
    bad(
        Factor::BuildReleaseRun,
        SCRIPT,
        r"\b(cp|scp|rsync|copy|xcopy)\b.*(webapps|deployments|WEB-INF)",
        "실행 중인 서버의 폴더로 직접 복사",
        "copies straight into a running server's folder",
    ),
    bad(
        Factor::BuildReleaseRun,
        SCRIPT,
        r"\bgit\s+pull\b|\bsvn\s+(up|update)\b",
        "운영 서버에서 소스를 받아 배포",
        "fetches source where it runs",
    ),
    bad(
        Factor::Processes,
        CODE,
        r"\bgetSession\(|\bHttpSession\s+\w|@SessionScope|@SessionAttributes|express-session|\$_SESSION\b",
        "메모리에 둔 세션",
        "keeps sessions in memory",
    )
    .unless(SESSION_STORE),
    good(
        Factor::Processes,
        ALL,
        r"spring-session-(data-redis|jdbc|hazelcast)|spring\.session\.store-type|EnableRedisHttpSession|EnableJdbcHttpSession|connect-redis|RedissonSessionManager|SESSION_ENGINE\s*=|session\.save_handler\s*=\s*redis",
        SESSION_STORE.ko,
        SESSION_STORE.en,
    ),
    good(
        Factor::Processes,
        CODE,
        r"SessionCreationPolicy\.STATELESS",
        "세션을 쓰지 않음(무상태)",
        "keeps no sessions (stateless)",
    ),
    bad(
        Factor::Processes,
        CODE,
        r#"new FileOutputStream\(|new FileWriter\(|new RandomAccessFile\(|Files\.(write|newOutputStream|newBufferedWriter|copy)\(|\.transferTo\(|fs\.(writeFile|createWriteStream|appendFile)|\bopen\([^)]*["'][wa]b?\+?["']|os\.(Create|WriteFile)\(|File::create\(|move_uploaded_file\("#,
        "서버 디스크에 파일을 씀",
        "writes files on the machine's disk",
    ),
    good(
        Factor::PortBinding,
        ALL,
        r#"server\.port\s*[=:]\s*\$\{|port:\s*\$\{PORT|process\.env\.PORT\b|environ(\.get\(|\[)["']PORT["']|os\.Getenv\("PORT"\)|env::var\("PORT"\)|getenv\("PORT"\)|\$\{?PORT\b"#,
        "포트를 환경에서 받음",
        "takes its port from the environment",
    ),
    bad(
        Factor::PortBinding,
        SETTINGS,
        r#"<packaging>\s*war\s*</packaging>|id\s*\(?\s*['"]war['"]|apply plugin:\s*['"]war['"]"#,
        "외부 WAS에 올려야 실행됨(WAR)",
        "runs only inside a server of its own (WAR)",
    ),
    bad(
        Factor::PortBinding,
        BOTH,
        r"server\.port\s*[=:]\s*\d{2,5}\s*$|\.listen\(\s*\d{2,5}\s*[,)]|ListenAndServe\(\x22:\d+\x22",
        "고정된 포트",
        "a fixed port",
    ),
    good(
        Factor::Concurrency,
        SETTINGS,
        r"^\s*replicas:\s*([2-9]|\d\d)|HorizontalPodAutoscaler|^\s*scale:\s*\{?\s*(min|max)?",
        "여러 인스턴스로 운영하는 구성",
        "is set up to run as several instances",
    ),
    bad(
        Factor::Concurrency,
        CODE,
        r"@Scheduled\(|@EnableScheduling|node-cron|schedule\.every\(|RAMJobStore",
        "모든 인스턴스에서 함께 도는 예약 작업",
        "scheduled work runs in every instance",
    )
    .unless(SCHEDULE_LOCK),
    good(
        Factor::Concurrency,
        ALL,
        r"@SchedulerLock|shedlock|jobStore\.isClustered\s*=\s*true",
        SCHEDULE_LOCK.ko,
        SCHEDULE_LOCK.en,
    ),
    good(
        Factor::Disposability,
        ALL,
        r#"server\.shutdown\s*[=:]\s*graceful|shutdown:\s*graceful|addShutdownHook|@PreDestroy|process\.on\(\s*['"]SIGTERM|signal\.signal\(\s*signal\.SIGTERM|signal\.Notify\(|syscall\.SIGTERM|SignalKind::terminate|signal_hook|AppDomain\.CurrentDomain\.ProcessExit|ApplicationStopping"#,
        "종료 신호를 받아 정리하고 끝남",
        "ends in order when it is told to",
    ),
    bad(
        Factor::Disposability,
        SCRIPT,
        r"\bkill\s+(-9|-KILL|-SIGKILL)\b|\bpkill\s+-9\b|killall\s+-9|taskkill\s+/F",
        "강제 종료로 멈춤",
        "is stopped by force",
    ),
    bad(
        Factor::Parity,
        BOTH,
        r"jdbc:h2:mem|jdbc:hsqldb:mem",
        "개발과 운영의 데이터베이스가 다름",
        "development has another database than production",
    ),
    good(
        Factor::Parity,
        ALL,
        r"testcontainers",
        "운영과 같은 제품으로 시험(Testcontainers)",
        "is tested with what production uses (Testcontainers)",
    ),
    bad(
        Factor::Logs,
        ALL,
        r#"RollingFileAppender|DailyRollingFile|FileAppender\b|<RollingFile\b|<File\s+name=|^\s*logging\.file|^\s*logging:\s*\{?\s*file|java\.util\.logging\.FileHandler|logging\.FileHandler\(|RotatingFileHandler|transports\.(File|DailyRotateFile)\b|log4net\.Appender\.\w*File"#,
        "로그를 파일에 씀",
        "writes its log to files",
    ),
    good(
        Factor::Logs,
        ALL,
        r"ConsoleAppender|<Console\s+name=|StreamHandler\(|transports\.Console|java\.util\.logging\.ConsoleHandler|AddConsole\(|logging\.StreamHandler|slog\.New\w+Handler\(os\.Stdout",
        "로그를 표준 출력에 씀",
        "writes its log to standard output",
    ),
    bad(
        Factor::AdminProcesses,
        BOTH,
        r"ddl-auto\s*[=:]\s*(update|create|create-drop)\b|hbm2ddl\.auto.{0,12}(update|create)",
        "기동할 때 테이블 구조를 바꿈",
        "changes its tables when it starts",
    ),
    good(
        Factor::AdminProcesses,
        SETTINGS,
        r"flyway-core|liquibase-core|spring-boot-starter-batch|spring\.flyway\.|spring\.liquibase\.",
        "관리 작업을 애플리케이션과 같은 방식으로 실행",
        "runs administrative work as it runs itself",
    ),
];
