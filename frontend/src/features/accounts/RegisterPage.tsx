import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useSearchParams } from 'react-router';

import { api, call } from '../../api/client';
import { Code, Fault } from '../../api/fault';
import { signIn } from '../../api/session';
import { useSession } from '../../api/useSession';
import { useFaultText, useTitle } from '../../ui/parts';
import { Form } from './Form';
import { registerSchema } from './schemas';
import { nextOf } from './SignInPage';

export function RegisterPage() {
  const { t } = useTranslation();
  useTitle(t('account.register'));
  const faultText = useFaultText();
  const [params] = useSearchParams();
  const session = useSession();
  const register = useMutation({
    mutationFn: (body: { username: string; password: string }) =>
      call(api.POST('/api/v1/auth/register', { body })),
    onSuccess: signIn,
  });
  if (session) return <Navigate to={nextOf(params.get('next'))} replace />;
  const isTaken = register.error instanceof Fault && register.error.code === Code.userExists;
  const failure = register.error
    ? isTaken
      ? t('account.taken')
      : faultText(register.error)
    : null;
  return (
    <div className="card stack narrow">
      <h1>{t('account.register')}</h1>
      <Form
        schema={registerSchema}
        submit={t('account.register')}
        pending={register.isPending}
        failure={failure}
        send={(values) => register.mutate(values)}
        entries={[
          {
            name: 'username',
            label: t('account.username'),
            hint: t('account.usernameHint'),
            autoComplete: 'username',
            autoCapitalize: 'none',
          },
          {
            name: 'password',
            label: t('account.password'),
            hint: t('account.passwordHint'),
            type: 'password',
            autoComplete: 'new-password',
          },
        ]}
      >
        <Link to={`/login?${params}`}>{t('account.toSignIn')}</Link>
      </Form>
    </div>
  );
}
