/** The limits of the API, so that a form says what is wrong before it is sent. */
import * as v from 'valibot';

const bytes = (text: string) => new TextEncoder().encode(text).length;
const password = v.pipe(
  v.string(),
  v.check((text) => bytes(text) >= 6 && bytes(text) <= 72, 'password'),
);
const required = v.pipe(v.string(), v.minLength(1, 'required'));

export const signInSchema = v.object({ username: required, password: required });
export const registerSchema = v.object({
  username: v.pipe(v.string(), v.regex(/^[\p{L}\p{N}._-]{3,50}$/u, 'username')),
  password,
});
export const passwordSchema = v.object({ old_password: required, new_password: password });
export const profileSchema = v.object({
  nickname: v.pipe(v.string(), v.maxLength(64, 'username')),
  email: v.union([v.literal(''), v.pipe(v.string(), v.email('email'))], 'email'),
});

export type Wrong = 'username' | 'password' | 'email' | 'required';

/** The values, or per field the first thing that is wrong with it. */
export function check<S extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  schema: S,
  values: unknown,
) {
  const result = v.safeParse(schema, values);
  if (result.success) return { values: result.output as v.InferOutput<S>, wrong: {} };
  const wrong: Record<string, Wrong> = {};
  for (const issue of result.issues) {
    const field = v.getDotPath(issue);
    if (field) wrong[field] ??= issue.message as Wrong;
  }
  return { values: null, wrong };
}
