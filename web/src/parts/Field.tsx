import type { ComponentChildren, TargetedInputEvent, VNode } from "preact";
import { useId } from "preact/hooks";

/** What an input of ours may be told besides its value. */
export interface InputOptions {
  type?: "text" | "password";
  autocomplete?: "username" | "current-password" | "new-password" | "off";
  inputMode?: "url";
  required?: boolean;
  autofocus?: boolean;
  maxLength?: number;
}

interface FieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  note?: ComponentChildren;
  error?: string | null | undefined;
  optional?: boolean;
  input?: InputOptions;
}

/** A labelled input with what is to be known of it, and what is wrong with it. */
export function Field({ label, value, onValue, note, error, optional, input }: FieldProps): VNode {
  const id = useId();
  const about = error ? { "aria-describedby": `${id}-error` } : note ? { "aria-describedby": `${id}-note` } : {};
  const attributes = {
    id,
    autocapitalize: "off" as const,
    spellcheck: false,
    autocomplete: input?.autocomplete ?? ("off" as const),
    inputMode: input?.inputMode ?? ("text" as const),
    required: input?.required ?? false,
    autofocus: input?.autofocus ?? false,
    ...(input?.maxLength === undefined ? {} : { maxLength: input.maxLength }),
    value,
    "aria-invalid": Boolean(error),
    ...about,
    onInput: (event: TargetedInputEvent<HTMLInputElement>): void => onValue(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional ? <span class="field-optional"> (optional)</span> : null}
      </label>
      {input?.type === "password" ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
      {error ? (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      ) : note ? (
        <p class="field-note" id={`${id}-note`}>
          {note}
        </p>
      ) : null}
    </div>
  );
}

/** What went wrong with a form, announced when it appears. */
export function FormError({ text }: { text: string | null }): VNode {
  return <div role="alert">{text ? <p class="form-error">{text}</p> : null}</div>;
}
