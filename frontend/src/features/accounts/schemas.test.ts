import { expect, it } from 'vitest';

import { check, profileSchema, registerSchema } from './schemas';

it('agrees with the API about names and passwords', () => {
  expect(
    check(registerSchema, { username: '小明_2026', password: '六位字' }).values,
  ).not.toBeNull();
  expect(check(registerSchema, { username: 'ab', password: '12345' }).wrong).toEqual({
    username: 'username',
    password: 'password',
  });
  expect(check(registerSchema, { username: 'a@b.cn', password: '字'.repeat(25) }).wrong).toEqual({
    username: 'username',
    password: 'password',
  });
});

it('lets an e-mail be empty but not nonsense', () => {
  expect(check(profileSchema, { nickname: '', email: '' }).values).not.toBeNull();
  expect(check(profileSchema, { nickname: '', email: 'a@' }).wrong).toEqual({ email: 'email' });
});
