import type { VNode } from 'preact';
import type { TableRow } from './draft.js';
import { fieldKind, type ShapeField } from './field-kind.js';
import { fieldValue } from './field-value.js';

export interface RowEditorProps {
  readonly label: string;
  readonly fields: readonly ShapeField[];
  readonly rows: readonly TableRow[];
  readonly onRows: (rows: readonly TableRow[]) => void;
}

/** An InfoTable as a table of inputs, one column for each field of its data shape. */
export function RowEditor({ label, fields, rows, onRows }: RowEditorProps): VNode {
  const change = (index: number, name: string, text: string): void =>
    onRows(rows.map((row, place) => (place === index ? { ...row, [name]: text } : row)));
  return (
    <div class="row-editor">
      {rows.length > 0 && (
        <div class="table-frame" tabIndex={0} role="region" aria-label={`Rows of ${label}`}>
          <table>
            <thead>
              <tr>
                {fields.map(({ name, description }) => (
                  <th key={name} scope="col" title={description}>
                    {name}
                  </th>
                ))}
                <th scope="col">Row</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={index}>
                  {fields.map((field) => (
                    <td key={field.name}>
                      <Cell
                        field={field}
                        label={`${field.name}, row ${index + 1}`}
                        text={row[field.name] ?? ''}
                        onText={(text) => change(index, field.name, text)}
                      />
                    </td>
                  ))}
                  <td>
                    <button type="button" onClick={() => onRows(rows.filter((_row, place) => place !== index))}>
                      Remove<span class="hidden-text"> row {index + 1}</span>
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="table-foot">
        <button type="button" onClick={() => onRows([...rows, {}])}>
          Add a row<span class="hidden-text"> to {label}</span>
        </button>
      </div>
    </div>
  );
}

interface CellProps {
  readonly field: ShapeField;
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
}

function Cell({ field, label, text, onText }: CellProps): VNode {
  const parameter = { baseType: field.baseType };
  if (fieldKind(parameter) === 'yesNo') {
    return (
      <select aria-label={label} value={text} onChange={(event) => onText(event.currentTarget.value)}>
        <option value="">not set</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  const value = fieldValue(text, parameter);
  const input = {
    'aria-label': label,
    'aria-invalid': value.kind === 'fault',
    title: value.kind === 'fault' ? value.message : field.description,
    value: text,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => onText(event.currentTarget.value),
  };
  return fieldKind(parameter) === 'time' ? <input {...input} type="datetime-local" step="1" /> : <input {...input} />;
}
