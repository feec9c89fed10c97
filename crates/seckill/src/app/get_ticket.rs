use ids::{OrderId, OrderNo, UserId};
use proto::{
    order::{OrderView, OutcomeRequest, State},
    seckill::{TicketStatus, TicketView},
};

use super::App;
use crate::{Error, domain::Ticket};

impl App {
    /// What became of a ticket; answered from order alone, so also with Redis gone.
    pub(crate) async fn get_ticket(&self, user: UserId, text: &str) -> Result<TicketView, Error> {
        let ticket = Ticket::open(&self.sealer, text)
            .filter(|ticket| ticket.user_id == user.get())
            .ok_or(Error::Ticket)?;
        let id = OrderId::try_from(ticket.order_id).map_err(|_| Error::Ticket)?;
        let asked = OutcomeRequest {
            activity_id: ticket.activity_id,
            order_id: ticket.order_id,
        };
        // Order reads the epoch before the row: a row that lands in between is found.
        let outcome = self.order.clone().outcome(asked).await?.into_inner();
        let order_no = OrderNo::new(id, clock::from_ms(ticket.at_ms)).to_string();
        Ok(match outcome.order {
            Some(order) => of_row(&order, order_no),
            None if ticket.epoch < outcome.epoch => {
                view(TicketStatus::Failed, order_no, "interrupted")
            }
            None => view(TicketStatus::Processing, order_no, ""),
        })
    }
}

/// Landed, whatever became of it later: success. Never landed: failed, with the reason.
fn of_row(order: &OrderView, order_no: String) -> TicketView {
    let state = order.state();
    let never_landed =
        state == State::Refused || (state == State::Closed && order.expires_at_ms == 0);
    let status = if never_landed {
        TicketStatus::Failed
    } else {
        TicketStatus::Success
    };
    let reason = if never_landed {
        order.reason.as_str()
    } else {
        ""
    };
    TicketView {
        order_state: state
            .as_str_name()
            .trim_start_matches("STATE_")
            .to_lowercase(),
        ..view(status, order_no, reason)
    }
}

fn view(status: TicketStatus, order_no: String, reason: &str) -> TicketView {
    TicketView {
        status: status.into(),
        order_no,
        reason: reason.to_owned(),
        order_state: String::new(),
    }
}
