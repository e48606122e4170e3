import { useEffect, useRef, useState } from 'preact/hooks';
import type { Preview, Service } from '../../api/types.js';
import { type ApiFailure, asFailure } from '../client/api-failure.js';
import { sleep } from '../live/sleep.js';
import { useConsole } from '../parts/console-context.js';

/** The preview of a form as it now is; `outdated` while the form has changed since, or it is being read. */
export type PreviewState =
  | { readonly kind: 'none' | 'reading' }
  | { readonly kind: 'ready'; readonly preview: Preview; readonly body: string }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

const PREVIEW_DELAY_MS = 1000;

/**
 * Previews a form 1 s after its last change, one request at a time.
 * @param body JSON of `POST preview`; `null` while the form has faults.
 */
export function usePreview(body: string | null): PreviewState {
  const { api } = useConsole();
  const [state, setState] = useState<PreviewState>({ kind: 'none' });
  const pending = useRef<Promise<unknown>>(Promise.resolve());
  useEffect(() => {
    setState({ kind: body === null ? 'none' : 'reading' });
    if (body === null) return;
    const outdated = new AbortController();
    const read = async (): Promise<void> => {
      await sleep(PREVIEW_DELAY_MS, outdated.signal);
      await pending.current;
      if (outdated.signal.aborted) return;
      const request = api.post<Preview>('preview', body);
      pending.current = request.catch(() => null);
      const next: PreviewState = await request.then(
        (preview) => ({ kind: 'ready', preview, body }),
        (error: unknown) => ({ kind: 'failed', failure: asFailure(error) }),
      );
      if (!outdated.signal.aborted) setState(next);
    };
    void read();
    return () => outdated.abort();
  }, [body, api]);
  return state;
}

/** The body of `POST preview` for a form. @param parameters JSON text. */
export const previewBody = ({ thing, name }: Pick<Service, 'thing' | 'name'>, parameters: string): string =>
  `{"thing":${JSON.stringify(thing)},"service":${JSON.stringify(name)},"parameters":${parameters}}`;
