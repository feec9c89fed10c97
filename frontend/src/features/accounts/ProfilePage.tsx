import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, call } from '../../api/client';
import { signOut, updateUser } from '../../api/session';
import { useSession } from '../../api/useSession';
import { SignedOut, Tag, useFaultText, useTitle } from '../../ui/parts';
import { Form } from './Form';
import { passwordSchema, profileSchema } from './schemas';

export function ProfilePage() {
  const { t } = useTranslation();
  useTitle(t('account.profile'));
  const faultText = useFaultText();
  const session = useSession();
  const profile = useMutation({
    mutationFn: (body: { nickname: string; email: string }) =>
      // An e-mail that was never given is left alone rather than set to nothing.
      call(
        api.PATCH('/api/v1/users/me', { body: body.email ? body : { nickname: body.nickname } }),
      ),
    onSuccess: updateUser,
  });
  const password = useMutation({
    mutationFn: (body: { old_password: string; new_password: string }) =>
      call(api.POST('/api/v1/auth/password', { body })),
  });
  const leave = async () => {
    // Signed out here even when the server cannot be told.
    await call(api.POST('/api/v1/auth/logout')).catch(() => null);
    signOut();
  };
  if (!session) return <SignedOut />;
  const { user } = session;
  return (
    <div className="split">
      <section className="card stack">
        <div className="row between">
          <h1>{t('account.profile')}</h1>
          <Tag tone={user.role === 'admin' ? 'red' : 'plain'}>{t(`account.role.${user.role}`)}</Tag>
        </div>
        <p className="soft">{user.username}</p>
        <Form
          schema={profileSchema}
          submit={t('common.save')}
          pending={profile.isPending}
          failure={profile.error ? faultText(profile.error) : null}
          send={(values) => profile.mutate(values)}
          entries={[
            {
              name: 'nickname',
              label: t('account.nickname'),
              defaultValue: user.nickname,
              autoComplete: 'nickname',
            },
            {
              name: 'email',
              label: t('account.email'),
              defaultValue: user.email,
              type: 'email',
              autoComplete: 'email',
            },
          ]}
        />
        {profile.isSuccess && (
          <p className="notice good" role="status">
            {t('common.saved')}
          </p>
        )}
      </section>
      <section className="card stack">
        <h2>{t('account.security')}</h2>
        <Form
          schema={passwordSchema}
          submit={t('account.security')}
          pending={password.isPending}
          failure={password.error ? faultText(password.error) : null}
          send={(values) => password.mutate(values)}
          entries={[
            {
              name: 'old_password',
              label: t('account.oldPassword'),
              type: 'password',
              autoComplete: 'current-password',
            },
            {
              name: 'new_password',
              label: t('account.newPassword'),
              hint: t('account.passwordHint'),
              type: 'password',
              autoComplete: 'new-password',
            },
          ]}
        />
        {password.isSuccess && (
          <p className="notice good" role="status">
            {t('account.changed')}
          </p>
        )}
        <button type="button" className="button" onClick={() => void leave()}>
          {t('account.signOut')}
        </button>
      </section>
    </div>
  );
}
