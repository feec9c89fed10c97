import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  label: string;
  file: File | null;
  choose: (file: File) => void;
}

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(2)} MB`;

/** A label around a file input: dropping, pressing and the keyboard all work. */
export function Drop({ label, file, choose }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const first = files?.[0];
    if (first) choose(first);
  };
  return (
    <label
      htmlFor={id}
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <strong>{label}</strong>
      <span>{file ? `${file.name} · ${mebibytes(file.size)}` : t('workbooks.drop')}</span>
      <input
        id={id}
        className="sr-only"
        type="file"
        accept=".xlsx,.xlsm,.xls,.xlsb,.ods,.csv,.tsv"
        onChange={(event) => take(event.target.files)}
      />
    </label>
  );
}
