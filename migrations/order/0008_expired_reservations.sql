-- A reservation that never arrived is handed off again, and no longer refused as expired. To its buyer, one that was
-- is an interruption like any other.
UPDATE orders SET reason = 'interrupted' WHERE state = 'refused' AND reason = 'expired';
