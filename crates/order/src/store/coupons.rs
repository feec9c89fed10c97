//! `coupons`: the templates.

use db::{Pool, Tx};
use sqlx::{MySql, MySqlExecutor, QueryBuilder};

use super::Corrupt;
use crate::{
    Error,
    domain::{Rule, Scope, Template, TemplateTerms},
};

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    kind: String,
    amount_fen: i64,
    percent: i32,
    max_discount_fen: i64,
    threshold_fen: i64,
    scope: String,
    scope_values: String,
    total: i64,
    claimed: i64,
    per_user_limit: i32,
    valid_days: i32,
    start_ms: i64,
    end_ms: i64,
    code: Option<String>,
    active: bool,
}

impl Row {
    fn into_template(self) -> Result<Template, Corrupt> {
        let corrupt = |what| Corrupt {
            table: "coupons",
            id: self.id,
            what,
        };
        let rule = match self.kind.as_str() {
            "full_reduction" => Rule::FullReduction {
                amount_fen: self.amount_fen,
                threshold_fen: self.threshold_fen,
            },
            "discount" => Rule::Discount {
                percent: self.percent.into(),
                threshold_fen: self.threshold_fen,
                max_fen: self.max_discount_fen,
            },
            "cash" => Rule::Cash {
                amount_fen: self.amount_fen,
            },
            _ => return Err(corrupt("kind")),
        };
        let values = self.scope_values.lines();
        let scope = match self.scope.as_str() {
            "all" => Scope::All,
            "categories" => Scope::Categories(values.map(str::to_owned).collect()),
            "products" => Scope::Products(
                values
                    .map(|value| value.parse().map_err(|_| corrupt("scope_values")))
                    .collect::<Result<_, _>>()?,
            ),
            _ => return Err(corrupt("scope")),
        };
        Ok(Template {
            id: self.id,
            terms: TemplateTerms {
                name: self.name,
                rule,
                scope,
                total: self.total,
                per_user_limit: self.per_user_limit,
                valid_days: self.valid_days,
                start_ms: self.start_ms,
                end_ms: self.end_ms,
            },
            claimed: self.claimed,
            code: self.code,
            active: self.active,
        })
    }
}

/// A rule as its columns say it: kind, amount, percent, bound, threshold.
fn rule_columns(rule: Rule) -> (&'static str, i64, i64, i64, i64) {
    match rule {
        Rule::FullReduction {
            amount_fen,
            threshold_fen,
        } => ("full_reduction", amount_fen, 0, 0, threshold_fen),
        Rule::Discount {
            percent,
            threshold_fen,
            max_fen,
        } => ("discount", 0, percent, max_fen, threshold_fen),
        Rule::Cash { amount_fen } => ("cash", amount_fen, 0, 0, 0),
    }
}

fn scope_columns(scope: &Scope) -> (&'static str, String) {
    match scope {
        Scope::All => ("all", String::new()),
        Scope::Categories(names) => ("categories", names.join("\n")),
        Scope::Products(ids) => {
            let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
            ("products", ids.join("\n"))
        }
    }
}

pub(crate) async fn insert(
    pool: &Pool,
    terms: &TemplateTerms,
    code: Option<&str>,
    now_ms: i64,
) -> Result<i64, Error> {
    let (kind, amount_fen, percent, max_fen, threshold_fen) = rule_columns(terms.rule);
    let (scope, values) = scope_columns(&terms.scope);
    let inserted = sqlx::query!(
        "INSERT INTO coupons
            (name, kind, amount_fen, percent, max_discount_fen, threshold_fen, scope, scope_values,
             total, claimed, per_user_limit, valid_days, start_ms, end_ms, code, active,
             created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, 1, ?)",
        terms.name.trim(),
        kind,
        amount_fen,
        percent,
        max_fen,
        threshold_fen,
        scope,
        values,
        terms.total,
        terms.per_user_limit,
        terms.valid_days,
        terms.start_ms,
        terms.end_ms,
        code,
        now_ms,
    )
    .execute(pool)
    .await?;
    db::affected(&inserted, 1, "a coupon template")?;
    Ok(inserted.last_insert_id() as i64)
}

/// Writes what an admin may change of a locked template.
pub(crate) async fn update(tx: &mut Tx<'_>, template: &Template) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE coupons SET name = ?, total = ?, end_ms = ?, active = ? WHERE id = ?",
        template.terms.name.trim(),
        template.terms.total,
        template.terms.end_ms,
        template.active,
        template.id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The next number is given out; the row is locked.
pub(crate) async fn number(tx: &mut Tx<'_>, coupon: i64, number: i64) -> Result<(), Error> {
    let bumped = sqlx::query!(
        "UPDATE coupons SET claimed = ? WHERE id = ? AND claimed = ?",
        number,
        coupon,
        number - 1,
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&bumped, 1, "the number of a coupon")?)
}

const SELECT: &str = "SELECT id, name, kind, amount_fen, percent, max_discount_fen, threshold_fen, \
     scope, scope_values, total, claimed, per_user_limit, valid_days, start_ms, end_ms, code, \
     active FROM coupons WHERE ";

async fn one(
    executor: impl MySqlExecutor<'_>,
    mut query: QueryBuilder<MySql>,
) -> Result<Option<Template>, Error> {
    let row: Option<Row> = query.build_query_as().fetch_optional(executor).await?;
    Ok(row.map(Row::into_template).transpose()?)
}

fn by_id(coupon: i64) -> QueryBuilder<MySql> {
    let mut query = QueryBuilder::new(SELECT);
    query.push("id = ").push_bind(coupon);
    query
}

pub(crate) async fn find(pool: &Pool, coupon: i64) -> Result<Option<Template>, Error> {
    one(pool, by_id(coupon)).await
}

pub(crate) async fn lock(tx: &mut Tx<'_>, coupon: i64) -> Result<Option<Template>, Error> {
    let mut query = by_id(coupon);
    query.push(" FOR UPDATE");
    one(&mut **tx, query).await
}

/// What a claimed coupon was claimed from.
pub(crate) async fn of_user_coupon(
    tx: &mut Tx<'_>,
    user_coupon: i64,
) -> Result<Option<Template>, Error> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("id = (SELECT coupon_id FROM user_coupons WHERE id = ")
        .push_bind(user_coupon)
        .push(")");
    one(&mut **tx, query).await
}

pub(crate) async fn find_by_code(pool: &Pool, code: &str) -> Result<Option<Template>, Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push("code = ").push_bind(code.to_owned());
    one(pool, query).await
}

pub(crate) async fn find_many(pool: &Pool, ids: &[i64]) -> Result<Vec<Template>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<MySql>::new(SELECT);
    query.push("id IN ");
    super::push_in(&mut query, ids);
    let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
    let templates = rows.into_iter().map(Row::into_template);
    Ok(templates.collect::<Result<_, _>>()?)
}

/// Newest first; `claimable_at`: only what anybody may claim then.
pub(crate) async fn list(
    pool: &Pool,
    claimable_at: Option<i64>,
    offset: u64,
    limit: u32,
) -> Result<(Vec<Template>, i64), Error> {
    let filter = |query: &mut QueryBuilder<MySql>| match claimable_at {
        Some(now_ms) => {
            query
                .push("active = 1 AND code IS NULL AND start_ms <= ")
                .push_bind(now_ms)
                .push(" AND end_ms > ")
                .push_bind(now_ms);
        }
        None => {
            query.push("1 = 1");
        }
    };
    let mut count = QueryBuilder::<MySql>::new("SELECT COUNT(*) FROM coupons WHERE ");
    filter(&mut count);
    let total: i64 = count.build_query_scalar().fetch_one(pool).await?;
    let mut query = QueryBuilder::<MySql>::new(SELECT);
    filter(&mut query);
    query
        .push(" ORDER BY id DESC LIMIT ")
        .push_bind(limit)
        .push(" OFFSET ")
        .push_bind(offset);
    let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
    let templates = rows.into_iter().map(Row::into_template);
    Ok((templates.collect::<Result<_, _>>()?, total))
}
