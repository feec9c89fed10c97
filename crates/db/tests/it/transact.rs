use std::sync::Arc;

use db::{Pool, Tx};
use tokio::sync::Barrier;

use crate::support::{add, names, pool};

async fn rename(tx: &mut Tx<'_>, id: i64, name: &str) -> Result<(), sqlx::Error> {
    let update = sqlx::query("UPDATE things SET name = ? WHERE id = ?")
        .bind(name)
        .bind(id);
    update.execute(&mut **tx).await.map(|_| ())
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("no")]
    No,
    #[error(transparent)]
    Statement(#[from] sqlx::Error),
}

impl db::Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::No => None,
            Self::Statement(error) => Some(error),
        }
    }
}

#[tokio::test]
async fn a_refusal_undoes_everything() {
    let pool = pool().await;
    add(&pool, 1, "lamp").await.unwrap();
    let done: Result<(), Error> = db::transact!(&pool, "refuse", async |tx| {
        rename(tx, 1, "chair").await?;
        Err(Error::No)
    })
    .await;
    assert!(matches!(done, Err(Error::No)));
    assert_eq!(names(&pool).await, ["lamp"]);
}

/// Two transactions that lock two rows in opposite order: one is rolled back by the engine and runs again.
#[tokio::test]
async fn a_deadlock_is_nobodys_problem() {
    let pool = pool().await;
    add(&pool, 1, "a").await.unwrap();
    add(&pool, 2, "b").await.unwrap();
    let both_hold_one = Arc::new(Barrier::new(2));
    // Spawned, because what a request does runs in a task: the transaction's future must be `Send`.
    let one = tokio::spawn(rename_both(pool.clone(), [1, 2], both_hold_one.clone()));
    let other = tokio::spawn(rename_both(pool.clone(), [2, 1], both_hold_one));
    let tries = one.await.unwrap() + other.await.unwrap();
    assert_eq!(tries, 3, "one of them twice");
    let names = names(&pool).await;
    assert!(
        names == ["12-1", "12-2"] || names == ["21-1", "21-2"],
        "{names:?}"
    );
}

async fn rename_both(pool: Pool, ids: [i64; 2], both_hold_one: Arc<Barrier>) -> u32 {
    let mut tries = 0;
    let done: Result<(), sqlx::Error> = db::transact!(&pool, "rename_both", async |tx| {
        tries += 1;
        let name = |id| format!("{}{}-{id}", ids[0], ids[1]);
        rename(tx, ids[0], &name(ids[0])).await?;
        if tries == 1 {
            both_hold_one.wait().await;
        }
        rename(tx, ids[1], &name(ids[1])).await
    })
    .await;
    done.unwrap();
    tries
}

#[tokio::test]
async fn transactions_see_what_others_committed() {
    let pool = pool().await;
    add(&pool, 1, "before").await.unwrap();
    let read = "SELECT name FROM things WHERE id = 1";
    let seen: Result<[String; 2], sqlx::Error> = db::transact!(&pool, "read_twice", async |tx| {
        let first = sqlx::query_scalar(read).fetch_one(&mut **tx).await?;
        let update = sqlx::query("UPDATE things SET name = 'after' WHERE id = 1");
        update.execute(&pool).await?;
        Ok([first, sqlx::query_scalar(read).fetch_one(&mut **tx).await?])
    })
    .await;
    assert_eq!(seen.unwrap(), ["before", "after"]);
}
