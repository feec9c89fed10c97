import { Component, type ReactNode } from 'react';

import { Blank } from '../ui/parts';

interface Props {
  title: string;
  again: string;
  children: ReactNode;
}

/** One broken page does not take the shell away. */
export class ErrorBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <Blank title={this.props.title}>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          {this.props.again}
        </button>
      </Blank>
    );
  }
}
