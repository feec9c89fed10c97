import type * as v from 'valibot';
import { type FormEvent, type InputHTMLAttributes, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Field } from '../../ui/parts';
import { check, type Wrong } from './schemas';

export interface Entry extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  label: string;
  hint?: string;
}

interface Props<S extends v.ObjectSchema<v.ObjectEntries, undefined>> {
  schema: S;
  entries: Entry[];
  submit: string;
  pending: boolean;
  failure: string | null;
  send: (values: v.InferOutput<S>) => void;
  children?: ReactNode;
}

/** Labelled fields, checked when sent; the first wrong one is focused. */
export function Form<S extends v.ObjectSchema<v.ObjectEntries, undefined>>(props: Props<S>) {
  const { t } = useTranslation();
  const [wrong, setWrong] = useState<Record<string, Wrong>>({});
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const checked = check(props.schema, Object.fromEntries(new FormData(form)));
    setWrong(checked.wrong);
    const first = Object.keys(checked.wrong)[0];
    if (first) (form.elements.namedItem(first) as HTMLElement | null)?.focus();
    if (checked.values && !props.pending) props.send(checked.values);
  };
  return (
    <form className="stack" noValidate onSubmit={onSubmit}>
      {props.entries.map(({ label, hint, ...input }) => {
        const problem = wrong[input.name];
        return (
          <Field
            key={input.name}
            label={label}
            hint={hint ?? ''}
            wrong={problem && t(`account.invalid.${problem}`)}
          >
            {(field) => <input {...field} {...input} />}
          </Field>
        );
      })}
      {props.failure && (
        <p className="notice bad" role="alert">
          {props.failure}
        </p>
      )}
      <button type="submit" className="button primary wide" aria-disabled={props.pending}>
        {props.submit}
      </button>
      {props.children}
    </form>
  );
}
