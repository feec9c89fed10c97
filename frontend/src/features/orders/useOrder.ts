import { useQuery } from '@tanstack/react-query';

import { api, call } from '../../api/client';
import { useSession } from '../../api/useSession';

const MOVING = new Set(['processing', 'pending_payment', 'closing', 'refunding']);
const REFRESH_MS = 1_500;

/** One order, asked again while its status may still change. */
export function useOrder(orderNo: string) {
  const session = useSession();
  return useQuery({
    queryKey: ['order', orderNo, session?.user.id],
    enabled: session !== null,
    queryFn: () => {
      const params = { path: { order_no: orderNo } };
      return call(api.GET('/api/v1/orders/{order_no}', { params }));
    },
    refetchInterval: ({ state }) =>
      !state.data || MOVING.has(state.data.status) ? REFRESH_MS : false,
  });
}
