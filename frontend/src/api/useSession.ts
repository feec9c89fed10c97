import { useSyncExternalStore } from 'react';

import { current, subscribe } from './session';

export const useSession = () => useSyncExternalStore(subscribe, current);
