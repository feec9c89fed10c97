use crate::support::{add, pool};

#[tokio::test]
async fn the_key_that_was_hit_is_named() {
    let pool = pool().await;
    add(&pool, 1, "lamp").await.unwrap();
    let same_name = add(&pool, 2, "lamp").await.unwrap_err();
    assert!(db::hit_unique_key(&same_name, "things_by_name"));
    assert!(!db::hit_unique_key(&same_name, "PRIMARY"));
    assert!(!db::hit_unique_key(&same_name, "name"));
    let same_id = add(&pool, 1, "chair").await.unwrap_err();
    assert!(db::hit_unique_key(&same_id, "PRIMARY"));
    assert!(!db::hit_unique_key(&same_id, "things_by_name"));
}

#[tokio::test]
async fn a_value_cannot_pass_for_a_key() {
    let pool = pool().await;
    let name = "x' for key 'PRIMARY";
    add(&pool, 1, name).await.unwrap();
    let same_name = add(&pool, 2, name).await.unwrap_err();
    assert!(
        db::hit_unique_key(&same_name, "things_by_name"),
        "{same_name}"
    );
    assert!(!db::hit_unique_key(&same_name, "PRIMARY"), "{same_name}");
}

#[tokio::test]
async fn rows_are_counted() {
    let pool = pool().await;
    add(&pool, 1, "lamp").await.unwrap();
    let touched = |done| db::affected(&done, 1, "a thing").map_err(|error| error.to_string());
    let update = "UPDATE things SET name = ? WHERE id = ?";
    let done = sqlx::query(update)
        .bind("lamp")
        .bind(1)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(
        touched(done),
        Ok(()),
        "a row that keeps its value is matched, and counts"
    );
    let done = sqlx::query(update)
        .bind("lamp")
        .bind(2)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(
        touched(done),
        Err("a thing should have touched 1 rows and touched 0".to_owned())
    );
}
