use fault::Reason;
use proto::seckill::{GetTicketRequest, TicketStatus, TicketView};
use tonic::Status;

use crate::support::{PARTS, SOON, Shop, buyer, by, reason};

async fn look(shop: &Shop, user: i64, ticket: &str) -> Result<TicketView, Status> {
    let request = GetTicketRequest {
        ticket: ticket.to_owned(),
    };
    Ok(shop
        .seckill
        .clone()
        .get_ticket(by(&buyer(user), request))
        .await?
        .into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_tells_its_buyer_alone_also_without_redis() {
    let shop = Shop::open().await;
    let sale = shop.sale(1, 1).await;
    let won = loop {
        if let Some(accepted) = shop.ask(sale, 7, 1, "").await.accepted {
            break accepted;
        }
    };
    testkit::eventually(SOON, async || {
        look(&shop, 7, &won.ticket).await.unwrap().status() == TicketStatus::Success
    })
    .await;
    let again = shop.ask(sale, 7, 1, "").await.accepted.unwrap();
    assert_eq!(
        again.ticket, won.ticket,
        "asking again gets the same ticket"
    );
    shop.lose(sale, &PARTS).await;
    let view = look(&shop, 7, &won.ticket).await.unwrap();
    assert_eq!(
        (view.status(), view.order_no),
        (TicketStatus::Success, won.order_no)
    );
    for (user, ticket) in [
        (8, won.ticket.as_str()),
        (7, "x"),
        (7, ""),
        (7, &format!("{}x", won.ticket)),
        (7, &won.ticket.to_lowercase()),
    ] {
        assert_eq!(
            reason(look(&shop, user, ticket).await),
            Reason::NotFound,
            "{ticket}"
        );
    }
}
