//! A file that an older naru wrote.

use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::*;

/// What the first naru left behind.
async fn version_1(folder: &Path) {
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("naru.db")).create_if_missing(true);
    let mut connection: SqliteConnection = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT; INSERT INTO schema_version VALUES (1);")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::raw_sql(include_str!("../../migrations/0001_first.sql")).execute(&mut connection).await.unwrap();
    let progress = serde_json::to_string(&progress(&[(1, 4)])).unwrap();
    sqlx::query("INSERT INTO service VALUES ('booking', 3, 0, 0, ?1), ('portal', 1, 1, 1, ?1)")
        .bind(progress)
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::raw_sql(
        "INSERT INTO event (at, kind, severity, service, instance, message, actor) \
         VALUES (7, 'crash_loop', 'error', 'booking', 'booking-1-1', 'begins', 'naru');
         INSERT INTO instance VALUES ('booking', 1, 4, 'ready', 5, 5);",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_of_the_first_naru_keeps_all_it_held() {
    let folder = TempDir::new().unwrap();
    version_1(folder.path()).await;
    let state = State::open(folder.path()).await.unwrap();
    let kept = Service { count: Some(3), removed: false, progress: progress(&[(1, 4)]) };
    assert_eq!(state.services().await.unwrap(), BTreeMap::from([(booking(), kept)]));
    let all = Search { limit: 10, ..Search::default() };
    assert_eq!(state.events(&all).await.unwrap(), [Event { id: 1, ..event("begins") }]);
    assert_eq!(state.instances().await.unwrap().len(), 1);

    // And can hold what is new: nobody's count, and what ended before comes back with its numbers.
    state.commit(wants(Service { count: None, ..Service::default() })).await.unwrap();
    let portal: ServiceName = "portal".parse().unwrap();
    let services = BTreeMap::from([(portal.clone(), Service::default())]);
    state.commit(Changes { services, ..Changes::default() }).await.unwrap();
    let state = reopen(state, folder.path()).await;
    let services = state.services().await.unwrap();
    assert_eq!(services[&booking()].count, None);
    assert_eq!(services[&portal].progress.ordinals[&1], 4);
}
