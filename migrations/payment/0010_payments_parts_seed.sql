UPDATE payments
SET reserved_fen = amount_fen, refunded_fen = IF(state = 'refunded', amount_fen, 0)
WHERE state IN ('refunding', 'refunded');
