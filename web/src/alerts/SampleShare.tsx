import type { VNode } from "preact";
import { useCallback } from "preact/hooks";

import * as api from "../api";
import { useAgain } from "../coverage/useAgain";
import { Field } from "../parts/Field";
import type { PolicyDraft } from "./policy";
import { isShare, shareOf } from "./policy";
import { COST_DAYS, costWords, SWITCH_ID } from "./samples";

const AGAIN_MS = 60_000;

interface ShareProps {
  rule: number;
  draft: PolicyDraft;
  onDraft: (change: Partial<PolicyDraft>) => void;
}

/** Whether people look at some of what was below the threshold, and what that costs them. */
export function SampleShare({ rule, draft, onDraft }: ShareProps): VNode {
  return (
    <>
      <div class="field choice-field">
        <label>
          <input id={SWITCH_ID} type="checkbox" checked={draft.samples} onChange={({ currentTarget }) => onDraft({ samples: currentTarget.checked })} />
          Also look at a share of what was below the threshold
        </label>
        <p class="field-note">Nobody is told of it: some are drawn at random and wait on this page, so that a lower threshold can be judged as well.</p>
      </div>
      {draft.samples ? (
        <div class="policy-inner">
          <Field label="Share of it, in per cent" value={draft.share} onValue={(share) => onDraft({ share })} note={<Cost rule={rule} share={draft.share} />} />
        </div>
      ) : null}
    </>
  );
}

function Cost({ rule, share }: { rule: number; share: string }): VNode | null {
  const ask = useCallback((signal: AbortSignal) => api.getPrecision(rule, COST_DAYS, signal), [rule]);
  const { value } = useAgain(ask, AGAIN_MS);
  return value && isShare(share) ? <>{costWords(value.below, shareOf(share))}</> : <>0 to 100; each takes somebody a look and a click.</>;
}
