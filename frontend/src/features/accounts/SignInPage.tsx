import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useSearchParams } from 'react-router';

import { api, call } from '../../api/client';
import { Code, Fault } from '../../api/fault';
import { signIn } from '../../api/session';
import { useSession } from '../../api/useSession';
import { useFaultText, useTitle } from '../../ui/parts';
import { Form } from './Form';
import { signInSchema } from './schemas';

/** Only a path of this site: anything else would send people away. */
export function nextOf(text: string | null): string {
  return text && /^\/(?![/\\])/.test(text) ? text : '/';
}

export function SignInPage() {
  const { t } = useTranslation();
  useTitle(t('account.signIn'));
  const faultText = useFaultText();
  const [params] = useSearchParams();
  const session = useSession();
  const login = useMutation({
    mutationFn: (body: { username: string; password: string }) =>
      call(api.POST('/api/v1/auth/login', { body })),
    onSuccess: signIn,
  });
  if (session) return <Navigate to={nextOf(params.get('next'))} replace />;
  const isWrong = login.error instanceof Fault && login.error.code === Code.wrongPassword;
  const failure = login.error ? (isWrong ? t('account.wrong') : faultText(login.error)) : null;
  return (
    <div className="card stack narrow">
      <h1>{t('account.signIn')}</h1>
      <Form
        schema={signInSchema}
        submit={t('account.signIn')}
        pending={login.isPending}
        failure={failure}
        send={(values) => login.mutate(values)}
        entries={[
          {
            name: 'username',
            label: t('account.name'),
            autoComplete: 'username',
            autoCapitalize: 'none',
          },
          {
            name: 'password',
            label: t('account.password'),
            type: 'password',
            autoComplete: 'current-password',
          },
        ]}
      >
        <Link to={`/register?${params}`}>{t('account.toRegister')}</Link>
      </Form>
    </div>
  );
}
