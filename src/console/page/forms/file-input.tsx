import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

export interface FileInputProps {
  readonly input: { readonly id: string };
  readonly hasFile: boolean;
  /** The content of the file in base64. */
  readonly onText: (base64: string) => void;
}

/** The API takes 1 MiB, and base64 makes four bytes of three. */
const MAX_FILE_BYTES = 700 * 1024;

/** A file as the value of a BLOB or an IMAGE. */
export function FileInput({ input, hasFile, onText }: FileInputProps): VNode {
  const [problem, setProblem] = useState('');
  const read = async (file: File | undefined): Promise<void> => {
    const isTooLong = (file?.size ?? 0) > MAX_FILE_BYTES;
    setProblem(isTooLong ? 'The file is larger than 700 KiB.' : '');
    onText(file && !isTooLong ? base64Of(new Uint8Array(await file.arrayBuffer())) : '');
  };
  return (
    <>
      <input {...input} type="file" onChange={(event) => void read(event.currentTarget.files?.[0])} />
      {problem !== '' && <p class="fault">{problem}</p>}
      {hasFile && <p class="hint">The file has been read.</p>}
    </>
  );
}

function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
