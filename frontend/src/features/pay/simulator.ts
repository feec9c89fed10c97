/** The port of the simulated WeChat desk, where the build is for a demo; empty in production. */
const PORT: string = import.meta.env.VITE_PAY_SIMULATOR_PORT ?? '';

export const isDemo = PORT !== '';

export function simulatorUrl(codeUrl: string): string | null {
  if (!isDemo) return null;
  const pr = /[?&]pr=([^&]+)/.exec(codeUrl)?.[1];
  return pr ? `http://${location.hostname}:${PORT}/sim/pay?code_url=${pr}` : null;
}
